import type { CanvasNode } from './model.ts';
import { modelPoint, nodeBox, type CanvasParts } from './parts.ts';

/** Probing by two clicks: where it starts, where it goes. On while the tool is `probe`. */
export interface ProbeMode {
  click(node: CanvasNode | undefined): void;
  hover(event: PointerEvent): void;
  destroy(): void;
}

export function createProbeMode(parts: CanvasParts): ProbeMode {
  const { cy, store, sync, overlay, announcer } = parts;
  let source: CanvasNode | undefined;

  const setSource = (node: CanvasNode | undefined) => {
    cy.nodes('.candidate').removeClass('candidate');
    source = node;
    if (node) cy.getElementById(node.id).addClass('candidate');
    else overlay.setGhostLine(undefined);
  };
  const unsubscribe = store.subscribe((now, before) => {
    if (now.tool === before.tool) return;
    if (source) setSource(undefined);
    if (now.tool === 'probe') announcer.say('Probe: choose the host or pod where it starts');
  });

  /** HOST or HOST/POD of what can send and answer. */
  const owner = (node: CanvasNode | undefined): CanvasNode | undefined => {
    if (!node) return undefined;
    if (node.kind === 'host' || node.kind === 'pod' || node.kind === 'foreign') return node;
    return owner(sync.graph.nodes.get(node.parent ?? node.frame ?? ''));
  };

  return {
    click(clicked) {
      const node = owner(clicked);
      if (!node) return setSource(undefined);
      if (!source) {
        setSource(node);
        announcer.say(`Probe from ${node.label}: choose where it goes`);
        return;
      }
      const [from, to] = [nameOf(source), nameOf(node)];
      setSource(undefined);
      void store.getState().probe({ from, to });
    },
    hover(event) {
      const box = source && nodeBox(cy, source.id);
      if (!box) return;
      const label = `Probe from ${source?.label ?? ''}: click where it goes`;
      overlay.setGhostLine({ from: box, to: modelPoint(parts, event), label, ok: undefined });
    },
    destroy: unsubscribe,
  };
}

const nameOf = ({ id }: CanvasNode): string => id.slice(id.indexOf(':') + 1);
