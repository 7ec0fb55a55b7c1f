import { z } from 'zod';
import { tableSchema } from './firewall.ts';

/** One namespace of a running lab as the kernel describes it. Field names follow iproute2. */

export const linkSchema = z.object({
  index: z.number().int(),
  name: z.string(),
  /** Kernel kind: `bridge`, `veth`, `vlan`, …; `loopback`; empty for a physical interface. */
  kind: z.string(),
  mac: z.string().optional(),
  mtu: z.number().int(),
  /** IFF_UP: somebody set it up. */
  up: z.boolean(),
  /** IFLA_OPERSTATE in iproute2's words, in capitals: UP, DOWN, LOWERLAYERDOWN, UNKNOWN, … */
  state: z.string(),
  promiscuous: z.boolean().optional(),
  /** Index of the bridge (or other master) that this link is a port of. */
  master: z.number().int().optional(),
  /** Index of the parent (vlan, macvlan, vxlan) or of the peer (veth). */
  link: z.number().int().optional(),
  /** The lab's namespace where `link` lives, when it is another one. */
  linkNamespace: z.string().optional(),
  alias: z.string().optional(),
  vlan: z.number().int().optional(),
  vxlan: z.object({ id: z.number().int(), remote: z.string().optional() }).optional(),
  bridge: z.object({ vlanFiltering: z.boolean() }).optional(),
  /** Bridge port settings that CNI plugins change. */
  port: z.object({ hairpin: z.boolean(), isolated: z.boolean() }).optional(),
});
export type Link = z.infer<typeof linkSchema>;

export const addressSchema = z.object({
  index: z.number().int(),
  family: z.union([z.literal(4), z.literal(6)]),
  address: z.string(),
  prefix: z.number().int(),
  scope: z.string(),
  /** The other end of a point-to-point address. */
  peer: z.string().optional(),
  tentative: z.boolean().optional(),
});
export type Address = z.infer<typeof addressSchema>;

export const routeSchema = z.object({
  family: z.union([z.literal(4), z.literal(6)]),
  table: z.number().int(),
  /** `unicast`, `blackhole`, `unreachable`, … The local table's own entries are left out. */
  type: z.string(),
  /** CIDR or `default`. */
  to: z.string(),
  via: z.string().optional(),
  /** Interface index. */
  dev: z.number().int().optional(),
  source: z.string().optional(),
  scope: z.string(),
  protocol: z.string(),
  metric: z.number().int(),
});
export type Route = z.infer<typeof routeSchema>;

export const neighbourSchema = z.object({
  index: z.number().int(),
  family: z.union([z.literal(4), z.literal(6)]),
  address: z.string(),
  mac: z.string().optional(),
  /** `REACHABLE`, `STALE`, `DELAY`, `PROBE`, `FAILED`, `INCOMPLETE`, `PERMANENT`, `NOARP`, `NONE` */
  state: z.string(),
});
export type Neighbour = z.infer<typeof neighbourSchema>;

/**
 * `HOST` for a host, `HOST/POD` for a pod (and for a namespace that somebody made with
 * `ip netns add`), `` (empty) for the segments' own namespace.
 */
export const namespaceInfoSchema = z.object({
  id: z.string(),
  kind: z.enum(['host', 'pod', 'foreign', 'segments']),
  host: z.string().optional(),
});
export type NamespaceInfo = z.infer<typeof namespaceInfoSchema>;

export const namespaceSchema = namespaceInfoSchema.extend({
  links: z.array(linkSchema),
  addresses: z.array(addressSchema),
  routes: z.array(routeSchema),
  neighbours: z.array(neighbourSchema),
  tables: z.array(tableSchema),
});
export type Namespace = z.infer<typeof namespaceSchema>;

/** What makes two messages speak of the same object, per kind. */
export const addressKey = (a: Pick<Address, 'index' | 'address' | 'prefix'>): string =>
  `${a.index} ${a.address}/${a.prefix}`;
export const routeKey = (r: Route): string =>
  [r.family, r.table, r.type, r.to, r.metric, r.dev ?? '', r.via ?? ''].join(' ');
export const neighbourKey = (n: Pick<Neighbour, 'index' | 'address'>): string =>
  `${n.index} ${n.address}`;
