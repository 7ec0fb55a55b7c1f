import { useState } from 'react';
import { Canvas } from '../canvas/Canvas.tsx';
import { Splitter, type SplitterProps } from '../design/Splitter.tsx';
import { Dock } from '../dock/Dock.tsx';
import { Inspector } from '../inspector/Inspector.tsx';
import { Palette } from '../palette/Palette.tsx';
import { useLab } from '../store/labContext.tsx';
import { ObjectTree } from '../tree/ObjectTree.tsx';
import { Banners } from './Banners.tsx';
import { CommandPalette } from './CommandPalette.tsx';
import styles from './LabScreen.module.css';
import { defaultLayout, layoutLimits, useLayout, type Layout } from './layout.ts';
import { TopBar } from './TopBar.tsx';
import { ShortcutSheet } from './ShortcutSheet.tsx';
import type { Overlay } from './shortcuts.ts';
import { useShortcuts } from './useShortcuts.ts';

/** One open lab: palette and tree, canvas, inspector, dock. */
export function LabScreen() {
  const name = useLab((s) => s.name);
  const isDockOpen = useLab((s) => s.dockTab !== undefined);
  const [layout, setLayout] = useLayout(name);
  const [overlay, setOverlay] = useState<Overlay>();
  useShortcuts(overlay, setOverlay);

  const splitter = (part: keyof Layout, label: string, panel: SplitterProps['panel']) => (
    <Splitter
      label={label}
      panel={panel}
      size={layout[part]}
      {...layoutLimits[part]}
      onResize={(size) => setLayout({ [part]: size })}
      onReset={() => setLayout({ [part]: defaultLayout[part] })}
    />
  );

  return (
    <div className={styles['screen']}>
      <TopBar showOverlay={setOverlay} />
      <Banners />
      <div className={styles['panels']}>
        <aside className={styles['left']} style={{ width: layout.left }} aria-label="Add and find">
          <div className={styles['palette']} style={{ height: layout.palette }}>
            <Palette />
          </div>
          {splitter('palette', 'Height of the palette', 'above')}
          <div className={styles['tree']}>
            <ObjectTree />
          </div>
        </aside>
        {splitter('left', 'Width of the left panel', 'left')}
        <main className={styles['centre']}>
          <div className={styles['canvas']}>
            <Canvas />
          </div>
          {isDockOpen && splitter('dock', 'Height of the dock', 'below')}
          <section
            className={styles['dock']}
            style={isDockOpen ? { height: layout.dock } : undefined}
            aria-label="Dock"
          >
            <Dock />
          </section>
        </main>
        {splitter('right', 'Width of the inspector', 'right')}
        <aside className={styles['right']} style={{ width: layout.right }} aria-label="Inspector">
          <Inspector />
        </aside>
      </div>
      {overlay === 'commands' && (
        <CommandPalette onClose={() => setOverlay(undefined)} showOverlay={setOverlay} />
      )}
      {overlay === 'shortcuts' && <ShortcutSheet onClose={() => setOverlay(undefined)} />}
    </div>
  );
}
