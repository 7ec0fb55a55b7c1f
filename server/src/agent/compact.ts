import type { Change } from '@cnilab/shared/live/events';
import type { Namespace } from '@cnilab/shared/live/namespace';

/**
 * Fewer changes that lead to the same state: each namespace as it is now instead of what happened
 * in it, and the last word about each element and operation. What happened on the way is lost.
 * @param stateOf a namespace as it is after all of the changes
 */
export function compact(
  changes: readonly Change[],
  stateOf: (namespace: string) => Namespace | undefined,
): Change[] {
  const last = new Map<string, Change>();
  const put = (key: string, change: Change) => {
    last.delete(key); // it comes at the place of its last word
    last.set(key, change);
  };
  for (const change of changes) {
    if (change.event === 'operation') put(`operation ${change.operation.id}`, change);
    else if (change.event === 'element.state' || change.event === 'element.del') {
      put(`element ${change.element}`, change);
    } else if (change.event === 'lab.state') put('lab', change);
    else {
      const id = namespaceOf(change);
      const state = stateOf(id);
      put(
        `namespace ${id}`,
        state ? { event: 'namespace.sync', state } : { event: 'namespace.del', namespace: id },
      );
    }
  }
  return [...last.values()];
}

type NamespaceChange = Exclude<
  Change,
  { event: 'operation' | 'element.state' | 'element.del' | 'lab.state' }
>;

function namespaceOf(change: NamespaceChange): string {
  if (change.event === 'namespace.new') return change.info.id;
  return change.event === 'namespace.sync' ? change.state.id : change.namespace;
}
