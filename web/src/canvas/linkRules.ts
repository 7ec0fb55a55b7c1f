import type { CanvasNode, Graph } from './model.ts';

/** What would happen if two elements were joined, or why they cannot be. */
export type LinkAnswer = { ok: true; label: string } | { ok: false; reason: string };

/** The element that a link from, or to, this node concerns: an interface stands for its owner. */
export function linkEnd(graph: Graph, node: CanvasNode | undefined): CanvasNode | undefined {
  if (!node) return undefined;
  switch (node.kind) {
    case 'host':
    case 'pod':
    case 'segment':
    case 'network':
    case 'bridge':
      return isDesigned(node) ? node : undefined;
    case 'port':
      return linkEnd(graph, graph.nodes.get(node.parent ?? ''));
    default:
      return undefined;
  }
}

const isDesigned = ({ id, state }: CanvasNode): boolean =>
  !id.startsWith('link:') && state !== 'extra';

/** Whether two ends can be joined; the same rules as the command that joins them. */
export function linkAnswer(from: CanvasNode, to: CanvasNode): LinkAnswer {
  if (from.id === to.id) return no('An element cannot be connected to itself.');
  const [first, second] = [from, to].toSorted((a, b) => rank(a) - rank(b));
  if (!first || !second) return no('There is nothing to connect.');
  const pair = `${first.kind} ${second.kind}`;
  switch (pair) {
    case 'pod network':
      return hostOf(first) === hostOf(second)
        ? yes(`Attach ${first.label} to ${nameOf(second)}`)
        : no(`${first.label} is on ${hostOf(first)}: a pod attaches to networks of its own host.`);
    case 'pod bridge':
      return no(`${second.label} is no CNI network: attach the pod to a bridge network.`);
    case 'pod pod':
      return no('Pods meet on a network: attach both to the same one.');
    case 'pod host':
      return no('A pod reaches its host through a network: attach it to one.');
    case 'pod segment':
      return no('A pod cannot be plugged into a segment: attach it to a network of its host.');
    case 'host segment':
      return yes(`Plug ${first.label} into ${second.label}`);
    case 'host host':
      return yes(`Cable ${first.label} and ${second.label} with a veth pair`);
    case 'network network':
    case 'network bridge':
    case 'bridge bridge':
      return first.form === 'bridge' && second.form === 'bridge'
        ? yes(`Join ${firstLine(first.label)} and ${firstLine(second.label)} with a veth pair`)
        : no('Only bridges can be joined by a veth pair.');
    case 'segment segment':
      return no('Segments are separate LANs: a host with an interface on both can route.');
    default:
      return no('A host’s networks reach a segment through the host: connect the host itself.');
  }
}

/** Every end that `from` can be joined to, in the graph's order. */
export function linkTargets(graph: Graph, from: CanvasNode): CanvasNode[] {
  return [...graph.nodes.values()].filter(
    (node) => linkEnd(graph, node) === node && linkAnswer(from, node).ok,
  );
}

const order: CanvasNode['kind'][] = ['pod', 'host', 'network', 'bridge', 'segment'];
const rank = ({ kind }: CanvasNode): number => order.indexOf(kind);
const hostOf = ({ parent }: CanvasNode): string => (parent ?? '').slice('host:'.length);
const firstLine = (label: string): string => label.split('\n')[0] ?? label;
const nameOf = ({ id }: CanvasNode): string => id.slice(id.lastIndexOf('/') + 1);
const yes = (label: string): LinkAnswer => ({ ok: true, label });
const no = (reason: string): LinkAnswer => ({ ok: false, reason });
