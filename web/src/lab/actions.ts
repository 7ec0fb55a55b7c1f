import type { Built } from '@cnilab/shared/lab/buildAdd';
import { remove } from '@cnilab/shared/lab/buildRemove';
import { setPosition } from '@cnilab/shared/lab/buildView';
import { applyEdits, type Edit } from '@cnilab/shared/lab/edits';
import { parseLab } from '@cnilab/shared/lab/parse';
import { paletteItems, type PaletteId } from '../palette/paletteItems.ts';
import { elementLabel } from '../store/elements.ts';
import type { LabStore } from '../store/labStore.ts';
import { buildConnection, buildItem } from './buildItem.ts';
import { buildDuplicate } from './duplicate.ts';

/**
 * Adds a palette item as one step of undo and selects it. Without `onto` it goes to what is
 * selected. `at` is its place on the canvas. Gives its id; undefined when it could not be added,
 * and then says why.
 */
export function addItem(
  lab: LabStore,
  item: PaletteId,
  options: { onto?: readonly string[]; at?: { x: number; y: number } } = {},
): string | undefined {
  const label = paletteItems.find(({ id }) => id === item)?.label ?? item;
  const added = perform(lab, `Add ${label}`, () => {
    const built = buildItem(lab.text, item, options.onto ?? lab.selection);
    const position = options.at ? setPosition(built.element, options.at.x, options.at.y) : [];
    return { ...built, edits: [...built.edits, ...position] };
  });
  // What was dropped is where one looks already.
  if (added !== undefined && !options.at) lab.command({ command: 'reveal', element: added });
  return added;
}

/** Joins two elements as one step of undo; gives the id of the joint. */
export function connect(lab: LabStore, first: string, second: string): string | undefined {
  return perform(lab, 'Connect', () => buildConnection(lab.text, first, second));
}

/** Removes the selected elements, with what cannot be without them, as one step of undo. */
export function removeSelection(lab: LabStore): void {
  const { selection } = lab;
  const designed = selection.filter((id) => !id.startsWith('link:'));
  if (designed.length < selection.length) {
    lab.showProblem(
      'Some of these are in the kernel only.',
      'The design does not have them, so it cannot delete them. A terminal can: ip link del NAME.',
    );
  }
  if (designed.length === 0 || !lab.lab) return;
  const [first = ''] = designed;
  const what = designed.length === 1 ? elementLabel(first) : `${designed.length} elements`;
  try {
    lab.edit(removal(lab.text, designed), `Delete ${what}`);
    lab.select([]);
  } catch (thrown) {
    lab.showProblem('Deleting failed.', thrown);
  }
}

/** One removal after the other, because each moves the paths of what comes behind it. */
function removal(text: string, elements: readonly string[]): Edit[] {
  let now = text;
  const edits: Edit[] = [];
  for (const element of elements) {
    const { lab } = parseLab(now);
    if (!lab) break;
    const step = remove(lab, element);
    edits.push(...step);
    now = applyEdits(now, step);
  }
  return edits;
}

/** Copies the selected pods, hosts and segments under free names, as one step of undo. */
export function duplicateSelection(lab: LabStore): void {
  perform(lab, 'Duplicate', () => {
    const built = lab.lab && buildDuplicate(lab.lab, lab.selection);
    if (!built) throw new Error('Only hosts, pods and segments can be duplicated.');
    return built;
  });
}

function perform(lab: LabStore, label: string, build: () => Built): string | undefined {
  try {
    const { edits, element } = build();
    lab.edit(edits, label);
    lab.select([element]);
    lab.setInspectorTab('design');
    return element;
  } catch (thrown) {
    lab.showProblem(`${label}: not possible.`, thrown);
    return undefined;
  }
}
