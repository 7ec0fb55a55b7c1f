import type { CniErrorObject } from './operation.ts';

/** What is known of an error of a plugin: `plugin` and `msg` are looked for, `advice` is said. */
const known: readonly { plugin?: string; msg: RegExp; advice: string }[] = [
  {
    msg: /^failed to find plugin/,
    advice: 'Install the plugin or correct the "type" in the network.',
  },
  {
    msg: /no IP addresses available/,
    advice: 'Widen the range of the network or remove pods.',
  },
  {
    plugin: 'portmap',
    msg: /^could not check ipv6 dnat: chain/,
    advice:
      'The portmap plugin says this of every pod without an IPv6 address before version 1.3 of the CNI plugins: nothing need be wrong. Install newer plugins, or set "disableCheck": true in the network.',
  },
  {
    msg: /^missing containerID$/,
    advice:
      'The plugin is older than GC and STATUS, which came with version 1.1.0. Install a newer one, or give the network a lower cniVersion.',
  },
  {
    msg: /^configuration version ".*" does not support the CHECK command/,
    advice: 'CHECK came with version 0.4.0: raise the cniVersion of the network.',
  },
];

/** What helps against an error of a CNI operation, or what it really means, if that is known. */
export function adviceFor({ plugin, msg }: CniErrorObject): string | undefined {
  return known.find((item) => (item.plugin ?? plugin) === plugin && item.msg.test(msg))?.advice;
}
