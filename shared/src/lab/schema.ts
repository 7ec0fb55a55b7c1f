import { z } from 'zod';
import type { Json } from '../cni/json.ts';

/**
 * The lab file, format version 1. Every object is strict: a key that is not known here is an error,
 * except inside CNI configuration (`networks`, `capabilities`), which stays verbatim.
 */

/** CNI configuration and capability values: `Json`, with order and number texts kept. */
const verbatim = z.custom<Json>((value) => value !== undefined);

const label = z
  .string()
  .regex(/^[a-z0-9-]{1,63}$/, 'use 1 to 63 of the characters a-z, 0-9 and -, for example "node1"');
export const labNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{0,63}$/,
    'use 1 to 64 of the characters a-z, 0-9, - and ., starting with a letter or a digit',
  );

const interfaceName = z.string();
const cidr = z.string();
const address = z.string();
const port = z.number().int().min(1).max(65535);
const vlanId = z.number().int().min(1).max(4094);
const duration = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?(ms|s|m|h)$/, 'write a number and a unit: ms, s, m or h, as in "5s"');

const bridgeVlan = z.strictObject({
  id: vlanId,
  pvid: z.boolean().optional(),
  untagged: z.boolean().optional(),
});

const commonInterface = {
  name: interfaceName,
  addresses: z.array(cidr).optional(),
  mtu: z.number().int().min(68).max(65535).optional(),
  mac: z
    .string()
    .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i, 'write six bytes in hex, as in "02:00:00:00:00:01"')
    .optional(),
  /** A bridge of the same host that this interface is a port of. */
  master: interfaceName.optional(),
  /** VLANs of a port of a bridge with `vlanFiltering`. */
  vlans: z.array(bridgeVlan).optional(),
};

export const vethPeerSchema = z.union([
  interfaceName,
  z.strictObject({ host: label, name: interfaceName }),
]);

/** One schema per kind of interface; which one applies is told by `segment` or `type`. */
export const interfaceKinds = {
  segment: z.strictObject({ ...commonInterface, segment: label }),
  bridge: z.strictObject({
    ...commonInterface,
    type: z.literal('bridge'),
    vlanFiltering: z.boolean().optional(),
  }),
  veth: z.strictObject({ ...commonInterface, type: z.literal('veth'), peer: vethPeerSchema }),
  vlan: z.strictObject({
    ...commonInterface,
    type: z.literal('vlan'),
    parent: interfaceName,
    id: vlanId,
  }),
  dummy: z.strictObject({ ...commonInterface, type: z.literal('dummy') }),
  vxlan: z.strictObject({
    ...commonInterface,
    type: z.literal('vxlan'),
    id: z.number().int().min(0).max(16777215),
    parent: interfaceName.optional(),
    remote: address.optional(),
    port: port.optional(),
  }),
  macvlan: z.strictObject({
    ...commonInterface,
    type: z.literal('macvlan'),
    parent: interfaceName,
    mode: z.enum(['bridge', 'private', 'vepa', 'passthru']).optional(),
  }),
  /** No type and no segment: the declared peer of a veth. */
  peer: z.strictObject(commonInterface),
} as const;

export const interfaceSchema = z.union([
  interfaceKinds.segment,
  interfaceKinds.bridge,
  interfaceKinds.veth,
  interfaceKinds.vlan,
  interfaceKinds.dummy,
  interfaceKinds.vxlan,
  interfaceKinds.macvlan,
  interfaceKinds.peer,
]);
export type LabInterface = z.infer<typeof interfaceSchema>;

export const routeEntrySchema = z.strictObject({
  to: z.string(),
  via: address.optional(),
  dev: interfaceName.optional(),
  table: z.number().int().min(1).max(4294967295).optional(),
});

export const listenSchema = z.strictObject({ protocol: z.enum(['http', 'tcp', 'udp']), port });

export const attachmentSchema = z.strictObject({
  network: z.string(),
  interface: interfaceName.optional(),
  /** Capability name → value; becomes runtimeConfig for the plugins that declare it. */
  capabilities: z.record(z.string(), verbatim).optional(),
  /** CNI_ARGS. */
  args: z.record(z.string(), z.string()).optional(),
});

/** A DHCP server on one of the host's interfaces. */
export const dhcpSchema = z.strictObject({
  interface: interfaceName,
  range: z.tuple([address, address]),
  gateway: address.optional(),
  lease: duration.optional(),
});

/** What goes wrong on a link: delay and jitter as durations, loss in per cent, rate as for tc. */
export const conditionSchema = z.strictObject({
  interface: interfaceName,
  delay: duration.optional(),
  jitter: duration.optional(),
  loss: z.number().min(0).max(100).optional(),
  rate: z
    .string()
    .regex(
      /^[0-9]+(\.[0-9]+)?[kmgt]?(bit|bps)$/i,
      'write a number and a unit of tc, as in "10mbit" or "500kbit"',
    )
    .optional(),
});

export const podSchema = z.strictObject({
  name: label,
  attachments: z.array(attachmentSchema).optional(),
  listen: z.array(listenSchema).optional(),
});

export const hostSchema = z.strictObject({
  name: label,
  interfaces: z.array(interfaceSchema).optional(),
  routes: z.array(routeEntrySchema).optional(),
  sysctls: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  dhcp: z.array(dhcpSchema).optional(),
  conditions: z.array(conditionSchema).optional(),
  /** Verbatim CNI configuration: a list, one plugin's configuration, or `{file: …}`. */
  networks: z.array(verbatim).optional(),
  pods: z.array(podSchema).optional(),
});

const probeBase = { name: z.string(), from: z.string(), within: duration.optional() };
const socketOutcome = z.enum(['open', 'refused', 'timeout', 'unreachable']);

/** One schema per probe; a check has exactly one of these keys. */
export const checkKinds = {
  ping: z.strictObject({
    ...probeBase,
    ping: z.string(),
    expect: z.enum(['reachable', 'unreachable']).optional(),
  }),
  tcp: z.strictObject({ ...probeBase, tcp: z.string(), expect: socketOutcome.optional() }),
  udp: z.strictObject({ ...probeBase, udp: z.string(), expect: socketOutcome.optional() }),
  http: z.strictObject({
    ...probeBase,
    http: z.string(),
    expect: z
      .strictObject({
        status: z.number().int().optional(),
        body: z.string().optional(),
        source: address.optional(),
      })
      .optional(),
  }),
  exec: z.strictObject({
    ...probeBase,
    exec: z.array(z.string()).min(1),
    expect: z
      .strictObject({ exit: z.number().int().optional(), stdout: z.string().optional() })
      .optional(),
  }),
  route: z.strictObject({
    ...probeBase,
    route: address,
    expect: z
      .strictObject({
        via: address.optional(),
        dev: interfaceName.optional(),
        source: address.optional(),
      })
      .optional(),
  }),
  rules: z.strictObject({
    ...probeBase,
    rules: z.strictObject({
      table: z.string(),
      chain: z.string(),
      family: z.enum(['ip', 'ip6']).optional(),
      match: z.string().optional(),
    }),
    expect: z
      .union([
        z.strictObject({ count: z.number().int().min(0) }),
        z.strictObject({ atLeast: z.number().int().min(0) }),
      ])
      .optional(),
  }),
  interface: z.strictObject({
    ...probeBase,
    interface: interfaceName,
    expect: z
      .union([
        z.literal('absent'),
        z.strictObject({
          type: z.string().optional(),
          master: z.string().optional(),
          state: z.string().optional(),
          addresses: z.array(cidr).optional(),
          vlan: z.number().int().optional(),
        }),
      ])
      .optional(),
  }),
  operation: z.strictObject({
    ...probeBase,
    operation: z.strictObject({
      op: z.enum(['check', 'status', 'gc']),
      pod: z.string().optional(),
      network: z.string().optional(),
    }),
    expect: z
      .union([
        z.literal('ok'),
        z.strictObject({ code: z.number().int().min(0).optional(), msg: z.string().optional() }),
      ])
      .optional(),
  }),
} as const;

export const checkSchema = z.union([
  checkKinds.ping,
  checkKinds.tcp,
  checkKinds.udp,
  checkKinds.http,
  checkKinds.exec,
  checkKinds.route,
  checkKinds.rules,
  checkKinds.interface,
  checkKinds.operation,
]);
export type Check = z.infer<typeof checkSchema>;

export const labSchema = z.strictObject({
  cnilab: z.literal(1),
  name: labNameSchema,
  description: z.string().optional(),
  box: z.enum(['sandbox', 'vm']).optional(),
  segments: z.array(z.strictObject({ name: label })).optional(),
  hosts: z.array(hostSchema).optional(),
  checks: z.array(checkSchema).optional(),
  /** Where the page keeps positions and other looks; no meaning. */
  view: z.record(z.string(), verbatim).optional(),
});
export type Lab = z.infer<typeof labSchema>;
export type LabHost = z.infer<typeof hostSchema>;
export type LabPod = z.infer<typeof podSchema>;
export type LabAttachment = z.infer<typeof attachmentSchema>;
