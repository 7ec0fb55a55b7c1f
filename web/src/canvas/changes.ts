import type { LiveEvent, Snapshot } from '@cnilab/shared/live/events';
import { linkId, type Graph } from './model.ts';

/** Nodes and edges that events changed: what lights up for a moment. */
export function changedElements(
  graph: Graph,
  events: readonly LiveEvent[],
  live: Snapshot | undefined,
): Set<string> {
  const changed = new Set<string>();
  const put = (id: string | undefined) => {
    const shown = id === undefined ? undefined : graph.shownBy.get(id);
    if (shown !== undefined) changed.add(shown);
  };
  const byIndex = (namespace: string, index: number | undefined) => {
    const name = live?.namespaces[namespace]?.links.find((link) => link.index === index)?.name;
    put(name === undefined ? undefined : linkId(namespace, name));
  };
  for (const event of events) {
    switch (event.event) {
      case 'link.new':
      case 'link.change':
        put(linkId(event.namespace, event.link.name));
        break;
      case 'address.new':
      case 'address.del':
        byIndex(event.namespace, event.address.index);
        break;
      case 'route.new':
      case 'route.del':
        byIndex(event.namespace, event.route.dev);
        break;
      case 'element.state':
        if (event.state.state === 'up' || event.state.state === 'failed') put(event.element);
        break;
      default:
    }
  }
  return changed;
}
