import { concernsKind, whyNotAskable } from '../store/askable.ts';
import type { LabStore } from '../store/labStore.ts';
import type { AskedOp } from '../store/outcomes.ts';

/** The selected elements that an operation can be asked for now. */
export const askable = (lab: LabStore, op: AskedOp): string[] =>
  lab.selection.filter((id) => concernsKind(op, id) && whyNotAskable(op, id, lab) === undefined);

/** Asks for an operation, and shows where the answer comes. */
export function ask(lab: LabStore, op: AskedOp, elements: readonly string[]): void {
  const [first, ...more] = elements;
  if (first === undefined) return;
  if (more.length === 0) {
    lab.select([first]);
    lab.setInspectorTab('cni');
  } else {
    lab.showDock('operations');
  }
  for (const element of elements) void lab.operate(op, element);
}
