import type { Snapshot } from '@cnilab/shared/live/events';
import type { Operation } from '@cnilab/shared/live/operation';
import { parseElement } from '../store/elements.ts';

/** The operations that an element was part of, newest first. */
export function lastOperations(live: Snapshot | undefined, id: string): Operation[] {
  const ref = parseElement(id);
  if (!live || !ref) return [];
  return live.operations.filter((operation) => concerns(operation, ref)).toReversed();
}

function concerns(
  operation: Operation,
  ref: NonNullable<ReturnType<typeof parseElement>>,
): boolean {
  if (!('host' in ref) || operation.host !== ref.host) return false;
  if (ref.kind === 'host') return true;
  if (ref.kind === 'network') return operation.network === ref.name;
  if (ref.kind === 'pod') return operation.pod === ref.pod;
  if (ref.kind !== 'attachment') return false;
  return operation.pod === ref.pod && operation.interface === ref.name;
}
