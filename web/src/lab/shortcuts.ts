import { download } from '../design/download.ts';
import { terminalTargets } from '../store/targets.ts';
import type { LabStore } from '../store/labStore.ts';
import { allElements } from '../store/elements.ts';
import { ask, askable } from './ask.ts';
import { addItem, connect, duplicateSelection, removeSelection } from './actions.ts';

/** What opens above the lab. */
export type Overlay = 'commands' | 'shortcuts';

/** What a command may do besides changing the store. */
export interface CommandContext {
  lab: LabStore;
  showOverlay: (overlay: Overlay | undefined) => void;
}

/** A command of the lab screen: one record feeds keyboard, command palette and sheet. */
export interface Command {
  id: string;
  group: 'Edit' | 'Add' | 'Run' | 'CNI' | 'View' | 'Tools' | 'Panels';
  label: string;
  /** Any of these; the first one is shown. */
  keys?: string[];
  /** False: not in the command palette. */
  listed?: boolean;
  isEnabled?: (lab: LabStore) => boolean;
  run: (context: CommandContext) => void;
}

/** The order in which groups are shown. */
export const commandGroups: readonly Command['group'][] = [
  'Run',
  'CNI',
  'Add',
  'Tools',
  'Edit',
  'View',
  'Panels',
];

const has = (lab: LabStore) => lab.selection.length > 0;

export const commands: Command[] = [
  {
    id: 'commands',
    group: 'View',
    label: 'All commands',
    keys: ['Mod+K'],
    listed: false,
    run: ({ showOverlay }) => showOverlay('commands'),
  },
  {
    id: 'search',
    group: 'View',
    label: 'Search elements and addresses',
    keys: ['/'],
    listed: false,
    run: ({ showOverlay }) => showOverlay('commands'),
  },
  {
    id: 'shortcuts',
    group: 'View',
    label: 'Keyboard shortcuts',
    keys: ['?'],
    run: ({ showOverlay }) => showOverlay('shortcuts'),
  },
  {
    id: 'fit',
    group: 'View',
    label: 'Fit the whole lab',
    keys: ['F'],
    run: ({ lab }) => lab.command({ command: 'fit' }),
  },
  {
    id: 'zoom100',
    group: 'View',
    label: 'Zoom to 100 %',
    keys: ['Shift+1'],
    run: ({ lab }) => lab.command({ command: 'zoom100' }),
  },
  {
    id: 'zoomIn',
    group: 'View',
    label: 'Zoom in',
    keys: ['+', '='],
    run: ({ lab }) => lab.command({ command: 'zoomIn' }),
  },
  {
    id: 'zoomOut',
    group: 'View',
    label: 'Zoom out',
    keys: ['-'],
    run: ({ lab }) => lab.command({ command: 'zoomOut' }),
  },
  {
    id: 'layout',
    group: 'View',
    label: 'Arrange the elements',
    run: ({ lab }) => lab.command({ command: 'layout' }),
  },
  {
    id: 'undo',
    group: 'Edit',
    label: 'Undo',
    keys: ['Mod+Z'],
    isEnabled: (lab) => lab.undoStack.length > 0,
    run: ({ lab }) => lab.undo(),
  },
  {
    id: 'redo',
    group: 'Edit',
    label: 'Redo',
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    isEnabled: (lab) => lab.redoStack.length > 0,
    run: ({ lab }) => lab.redo(),
  },
  {
    id: 'selectAll',
    group: 'Edit',
    label: 'Select everything',
    keys: ['Mod+A'],
    run: ({ lab }) => lab.select(lab.lab ? allElements(lab.lab) : []),
  },
  {
    id: 'duplicate',
    group: 'Edit',
    label: 'Duplicate the selection',
    keys: ['Mod+D'],
    isEnabled: has,
    run: ({ lab }) => duplicateSelection(lab),
  },
  {
    id: 'delete',
    group: 'Edit',
    label: 'Delete the selection',
    keys: ['Delete', 'Backspace'],
    isEnabled: has,
    run: ({ lab }) => removeSelection(lab),
  },
  {
    id: 'deselect',
    group: 'Edit',
    label: 'Cancel, select nothing',
    keys: ['Escape'],
    listed: false,
    run: ({ lab }) => (lab.tool === 'select' ? lab.select([]) : lab.setTool('select')),
  },
  {
    id: 'addPod',
    group: 'Add',
    label: 'Add a pod to the selected host',
    keys: ['D'],
    listed: false,
    run: ({ lab }) => addItem(lab, 'pod'),
  },
  {
    id: 'addBridge',
    group: 'Add',
    label: 'Add a bridge network to the selected host',
    keys: ['B'],
    listed: false,
    run: ({ lab }) => addItem(lab, 'bridgeNetwork'),
  },
  {
    id: 'deploy',
    group: 'Run',
    label: 'Deploy',
    keys: ['Mod+Enter'],
    isEnabled: (lab) => lab.busy === undefined,
    run: ({ lab }) => void lab.deploy(),
  },
  {
    id: 'stop',
    group: 'Run',
    label: 'Stop',
    isEnabled: (lab) => lab.live !== undefined && lab.busy === undefined,
    run: ({ lab }) => void lab.stop(),
  },
  {
    id: 'reset',
    group: 'Run',
    label: 'Reset: stop, then deploy in a new box',
    isEnabled: (lab) => lab.live !== undefined && lab.busy === undefined,
    run: ({ lab }) => void lab.reset(),
  },
  {
    id: 'download',
    group: 'Run',
    label: 'Download the lab file',
    run: ({ lab }) => download(`${lab.name}.lab.yaml`, lab.text),
  },
  {
    id: 'checks',
    group: 'Run',
    label: 'Run the checks',
    isEnabled: (lab) => lab.live !== undefined && lab.busy === undefined,
    run: ({ lab }) => {
      lab.showDock('checks');
      void lab.runChecks();
    },
  },
  ...(
    [
      ['CHECK', 'Check the selection: is it attached as it was added?', ['C']],
      ['STATUS', 'Status of the selected host or network', undefined],
      ['VERSION', 'Versions that the plugins of the selected host or network take', undefined],
      ['GC', 'Clean up the selected host or network', undefined],
    ] as const
  ).map(([op, label, keys]): Command => ({
    id: `cni.${op}`,
    group: 'CNI',
    label,
    ...(keys ? { keys: [...keys] } : {}),
    isEnabled: (lab) => askable(lab, op).length > 0,
    run: ({ lab }) => ask(lab, op, askable(lab, op)),
  })),
  {
    id: 'toolSelect',
    group: 'Tools',
    label: 'Select and move',
    keys: ['V'],
    run: ({ lab }) => lab.setTool('select'),
  },
  {
    id: 'toolPan',
    group: 'Tools',
    label: 'Move the view',
    keys: ['H'],
    run: ({ lab }) => lab.setTool('pan'),
  },
  {
    id: 'toolLink',
    group: 'Tools',
    label: 'Connect: the two selected elements, or click one, then the other',
    keys: ['L'],
    run: ({ lab }) => {
      const [first, second, ...more] = lab.selection;
      if (first && second && more.length === 0) connect(lab, first, second);
      else lab.setTool('link');
    },
  },
  {
    id: 'toolProbe',
    group: 'Tools',
    label: 'Probe: click the source, then the destination',
    keys: ['P'],
    run: ({ lab }) => {
      lab.setTool('probe');
      lab.showDock('probe');
    },
  },
  {
    id: 'terminal',
    group: 'Panels',
    label: 'Open a terminal on the selection',
    keys: ['T'],
    isEnabled: (lab) => terminalTargets(lab).length > 0,
    run: ({ lab }) => {
      for (const target of terminalTargets(lab)) lab.openTerminal(target, { focus: true });
    },
  },
  ...(
    [
      ['problems', 'Problems'],
      ['text', 'Text of the lab'],
      ['events', 'Events'],
      ['firewall', 'Firewall rules'],
      ['flows', 'Flows'],
      ['probe', 'Probes'],
      ['checks', 'Checks'],
      ['operations', 'Operations'],
    ] as const
  ).map(([tab, label]): Command => ({
    id: `show.${tab}`,
    group: 'Panels',
    label: `Show: ${label}`,
    run: ({ lab }) => lab.showDock(tab),
  })),
];

export const keysOf = (id: string): string | undefined =>
  commands.find((command) => command.id === id)?.keys?.[0];
