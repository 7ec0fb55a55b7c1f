import { z } from 'zod';
import { tableSchema } from './firewall.ts';

/** One namespace of a running lab as the kernel describes it. Field names follow iproute2. */

export const vlanSchema = z.object({
  vid: z.number().int(),
  /** The last one of a range. */
  vidEnd: z.number().int().optional(),
  /** Frames without a tag belong to it. */
  pvid: z.boolean().optional(),
  /** Its frames leave without a tag. */
  untagged: z.boolean().optional(),
});
export type Vlan = z.infer<typeof vlanSchema>;

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
  /** What the kind of the link has to say, by iproute2's names in camel case. */
  settings: z.record(z.string(), z.json()).optional(),
  /** What its bridge says of it as a port. */
  port: z
    .object({
      hairpin: z.boolean(),
      isolated: z.boolean(),
      /** Of the spanning tree: `forwarding`, `blocking`, … */
      state: z.string().optional(),
    })
    .optional(),
  /** VLANs of a bridge port, or of the bridge itself. */
  vlans: z.array(vlanSchema).optional(),
  /**
   * Where the link was made, if that is another namespace: with this its identity, which a change
   * of its name or of its namespace leaves as it is. See `linkIdentity`.
   */
  origin: z.object({ namespace: z.string(), index: z.number().int() }).optional(),
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
  /** Of several next hops the first one's, as `dev`. */
  via: z.string().optional(),
  /** Interface index. */
  dev: z.number().int().optional(),
  source: z.string().optional(),
  scope: z.string(),
  protocol: z.string(),
  metric: z.number().int(),
  /** All of them, when the route has several. */
  nextHops: z
    .array(
      z.object({
        via: z.string().optional(),
        dev: z.number().int().optional(),
        weight: z.number().int(),
      }),
    )
    .optional(),
  /** For packets that go this way, if it is not the link's. */
  mtu: z.number().int().optional(),
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

/** Which routing table is looked up for which packets. The kernel's own three are left out. */
export const policySchema = z.object({
  family: z.union([z.literal(4), z.literal(6)]),
  priority: z.number().int(),
  /** `lookup`, `blackhole`, `unreachable`, `prohibit`, `goto`, `nop` */
  action: z.string(),
  table: z.number().int().optional(),
  /** What it is about, in the words of `ip rule`: `from 10.1.0.2`, `not fwmark 0x4000/0x4000`. */
  match: z.string(),
});
export type Policy = z.infer<typeof policySchema>;

/** Where a bridge or VXLAN sends frames for a MAC address. Its own addresses are left out. */
export const fdbEntrySchema = z.object({
  /** Index of the port, or of the VXLAN. */
  index: z.number().int(),
  mac: z.string(),
  vlan: z.number().int().optional(),
  /** Index of the bridge that keeps it. */
  master: z.number().int().optional(),
  /** The other end of a VXLAN. */
  dst: z.string().optional(),
  /** `static`, `stale`, …; empty for one that was learnt and is used. */
  state: z.string(),
});
export type FdbEntry = z.infer<typeof fdbEntrySchema>;

/** How packets wait for a link; only where it is more than the default. */
export const qdiscSchema = z.object({
  index: z.number().int(),
  /** `tbf`, `htb`, `netem`, `ingress`, … */
  kind: z.string(),
  handle: z.string(),
  /** `root`, the class that it is the leaf of, or `ffff:fff1` for what arrives. */
  parent: z.string(),
  /** Its options, by tc's names in camel case. */
  settings: z.record(z.string(), z.json()).optional(),
});
export type Qdisc = z.infer<typeof qdiscSchema>;

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
  policies: z.array(policySchema),
  fdb: z.array(fdbEntrySchema),
  qdiscs: z.array(qdiscSchema),
  tables: z.array(tableSchema),
});
export type Namespace = z.infer<typeof namespaceSchema>;

/** What a namespace has that nothing was told of yet. */
export const emptyLists = (): Omit<Namespace, keyof NamespaceInfo> => ({
  links: [],
  addresses: [],
  routes: [],
  neighbours: [],
  policies: [],
  fdb: [],
  qdiscs: [],
  tables: [],
});

/** The same for a link as long as it lives, whatever its name and wherever it is. */
export const linkIdentity = (namespace: string, { index, origin }: Link): string =>
  `${origin?.namespace ?? namespace}#${origin?.index ?? index}`;

/** What makes two messages speak of the same object, per kind. */
export const addressKey = (a: Pick<Address, 'index' | 'address' | 'prefix'>): string =>
  `${a.index} ${a.address}/${a.prefix}`;
export const routeKey = (r: Route): string =>
  [r.family, r.table, r.type, r.to, r.metric, r.dev ?? '', r.via ?? ''].join(' ');
export const neighbourKey = (n: Pick<Neighbour, 'index' | 'address'>): string =>
  `${n.index} ${n.address}`;
export const policyKey = (p: Policy): string =>
  [p.family, p.priority, p.action, p.table ?? '', p.match].join(' ');
export const fdbKey = (f: FdbEntry): string =>
  [f.index, f.mac, f.vlan ?? '', f.dst ?? ''].join(' ');
export const qdiscKey = (q: Pick<Qdisc, 'index' | 'parent'>): string => `${q.index} ${q.parent}`;
