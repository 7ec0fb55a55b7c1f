import type { SliceContext } from './labStore.ts';

/**
 * What is looked at. Element ids are those of `shared/src/live/events.ts` (`pod:node1/web`);
 * objects that only the kernel has are `link:NAMESPACE/NAME`, as in `link:node1/mynet0`.
 */
export interface ViewState {
  selection: string[];
  select: (ids: string[]) => void;
  tool: Tool;
  setTool: (tool: Tool) => void;
  /** Which tab the dock shows; undefined = the dock is closed. */
  dockTab: DockTab | undefined;
  showDock: (tab: DockTab | undefined) => void;
  /** What the Operations tab shows, by its id; undefined = the newest. */
  shownOperation: { id: number; step?: number } | undefined;
  /** Opens that tab on an operation; with a step (from 0), with the details of that one. */
  showOperation: (id: number, step?: number) => void;
  terminals: TerminalTab[];
  /** HOST or HOST/POD. Opens a tab of the dock; `focus` moves the keyboard there as well. */
  openTerminal: (target: string, options?: { focus?: boolean }) => void;
  closeTerminal: (id: string) => void;
  inspectorTab: InspectorTab;
  setInspectorTab: (tab: InspectorTab) => void;
  /** Asks the canvas for something; `reveal` brings an element into view and flashes it. */
  command: (command: CanvasCommand) => void;
  onCommand: (listener: (command: CanvasCommand) => void) => () => void;
}

export type Tool = 'select' | 'pan' | 'link' | 'probe';
export type InspectorTab = 'design' | 'kernel' | 'cni';
export type CanvasCommand =
  | { command: 'fit' | 'zoom100' | 'zoomIn' | 'zoomOut' | 'layout' | 'focus' }
  | { command: 'reveal'; element: string };

export const dockPanels = [
  'problems',
  'text',
  'events',
  'firewall',
  'flows',
  'probe',
  'checks',
  'operations',
] as const;
export type DockPanel = (typeof dockPanels)[number];
/** A panel, or one of the terminals. */
export type DockTab = DockPanel | `terminal:${string}`;

export interface TerminalTab {
  id: string;
  target: string;
  /** True when the tab should take the keyboard once it is there. */
  focus: boolean;
}

export function createView({ set, get }: SliceContext): ViewState {
  const listeners = new Set<(command: CanvasCommand) => void>();
  let opened = 0;
  return {
    selection: [],
    select: (selection) => {
      const now = get().selection;
      if (now.length !== selection.length || now.some((id, i) => id !== selection[i])) {
        set({ selection });
      }
    },
    tool: 'select',
    setTool: (tool) => set({ tool }),
    dockTab: 'text',
    showDock: (dockTab) => set({ dockTab }),
    shownOperation: undefined,
    showOperation: (id, step) =>
      set({
        dockTab: 'operations',
        shownOperation: { id, ...(step === undefined ? {} : { step }) },
      }),
    terminals: [],
    openTerminal: (target, { focus = false } = {}) => {
      const id = `${++opened}`;
      set({
        terminals: [...get().terminals, { id, target, focus }],
        dockTab: `terminal:${id}`,
      });
    },
    closeTerminal: (id) => {
      const terminals = get().terminals.filter((tab) => tab.id !== id);
      const last = terminals.at(-1);
      const dockTab: DockTab | undefined =
        get().dockTab === `terminal:${id}`
          ? last
            ? `terminal:${last.id}`
            : 'text'
          : get().dockTab;
      set({ terminals, dockTab });
    },
    inspectorTab: 'design',
    setInspectorTab: (inspectorTab) => set({ inspectorTab }),
    command: (command) => {
      for (const listener of listeners) listener(command);
    },
    onCommand: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
