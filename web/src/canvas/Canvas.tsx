import { Plus } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { useLab, useLabStore } from '../store/labContext.tsx';
import styles from './Canvas.module.css';
import { createCanvas } from './createCanvas.ts';
import { HoverCard, type HoveredCard } from './HoverCard.tsx';

/** The lab as a picture: what the document says and what the kernel says, drawn over each other. */
export function Canvas() {
  const store = useLabStore();
  const container = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const handle = useRef<HTMLDivElement>(null);
  const region = useRef<HTMLDivElement>(null);
  const [card, setCard] = useState<HoveredCard>();
  const isEmpty = useLab(
    ({ lab }) => lab !== undefined && !lab.hosts?.length && !lab.segments?.length,
  );
  const help = useId();

  useEffect(() => {
    if (!container.current || !overlay.current || !handle.current || !region.current) {
      return undefined;
    }
    return createCanvas({
      store,
      container: container.current,
      overlayCanvas: overlay.current,
      handle: handle.current,
      region: region.current,
      onCard: setCard,
    });
  }, [store]);

  return (
    <div className={styles['canvas']}>
      {/* A picture that takes keys has no role of its own in HTML: it is an application. */}
      <div
        ref={container}
        className={styles['graph']}
        data-testid="canvas"
        role="application"
        aria-roledescription="network diagram"
        aria-label="Lab canvas"
        aria-describedby={help}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it takes keys
        tabIndex={0}
      />
      <canvas ref={overlay} className={styles['overlay']} aria-hidden />
      <div ref={handle} className={styles['handle']} aria-hidden hidden title="Drag to connect">
        <Plus size={14} strokeWidth={3} />
      </div>
      {isEmpty && (
        <div className={styles['empty']}>
          <strong>This lab is empty</strong>
          <span>Drag a host from the palette onto the canvas, or press it to add one.</span>
        </div>
      )}
      {card && <HoverCard {...card} />}
      <p id={help} className={styles['hidden']}>
        The same elements are in the list “Elements of the lab”. Arrow keys go from element to
        element, Alt and arrow keys move the selected one, L connects it, Enter opens a terminal.
      </p>
      <div ref={region} className={styles['hidden']} aria-live="polite" />
    </div>
  );
}
