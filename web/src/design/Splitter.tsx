import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { cx } from './cx.ts';
import styles from './Splitter.module.css';

export interface SplitterProps {
  label: string;
  /** The side on which the panel lies whose size it sets. */
  panel: 'left' | 'right' | 'above' | 'below';
  /** Pixels. */
  size: number;
  min: number;
  max: number;
  onResize: (size: number) => void;
  /** Back to the size that the page comes with. */
  onReset: () => void;
}

const keyStep = 24;

/** The movable line between two panels: by pointer, by arrow keys; double click resets. */
export function Splitter({ label, panel, size, min, max, onResize, onReset }: SplitterProps) {
  const start = useRef<{ at: number; size: number }>(undefined);
  const across = panel === 'above' || panel === 'below';
  const resize = (next: number) => onResize(Math.round(Math.min(max, Math.max(min, next))));
  const position = (event: PointerEvent) => (across ? event.clientY : event.clientX);
  const grows = panel === 'left' || panel === 'above' ? 1 : -1;

  const onKeyDown = (event: KeyboardEvent) => {
    const keys = across ? ['ArrowUp', 'ArrowDown'] : ['ArrowLeft', 'ArrowRight'];
    const direction = keys.indexOf(event.key);
    if (direction >= 0) resize(size + (direction === 1 ? keyStep : -keyStep) * grows);
    else if (event.key === 'Home') resize(min);
    else if (event.key === 'End') resize(max);
    else if (event.key === 'Enter') onReset();
    else return;
    event.preventDefault();
  };

  return (
    <div
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an hr is no control, a separator with a value is
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={across ? 'horizontal' : 'vertical'}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-valuemax={max}
      className={cx(styles['splitter'], across ? styles['across'] : styles['along'])}
      onKeyDown={onKeyDown}
      onDoubleClick={onReset}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { at: position(event), size };
      }}
      onPointerMove={(event) => {
        const from = start.current;
        if (from) resize(from.size + (position(event) - from.at) * grows);
      }}
      onPointerUp={() => {
        start.current = undefined;
      }}
      onPointerCancel={() => {
        start.current = undefined;
      }}
    />
  );
}
