import type { Netconf } from '../netlink/route/netconf.ts';

export interface SysctlChange {
  /** `net.ipv4.ip_forward`, `net.ipv4.conf.br0.rp_filter` */
  name: string;
  value: string;
}

/** What is known of the settings of IP in one namespace, to tell what changes. */
export interface KnownSysctls {
  /** `nameOf` gives a link's name by its index. */
  changes(told: Netconf, nameOf: (index: number) => string | undefined): SysctlChange[];
  forget(told: Netconf): void;
}

export function createKnownSysctls(all: readonly Netconf[]): KnownSysctls {
  const known = new Map<string, number>();
  const keyOf = ({ family, scope }: Netconf, name: string, of = scope) => `${family} ${of} ${name}`;
  for (const told of all) {
    for (const [name, value] of Object.entries(told.values)) known.set(keyOf(told, name), value);
  }
  return {
    changes(told, nameOf) {
      const { family, scope } = told;
      return Object.entries(told.values).flatMap(([name, value]) => {
        const key = keyOf(told, name);
        // A new link starts with what is set for `default`.
        const before = known.get(key) ?? known.get(keyOf(told, name, 'default'));
        known.set(key, value);
        if (before === value) return [];
        if (name === 'forwarding' && scope === 'all') {
          // The kernel then sets it for all links, and tells each of them.
          for (const other of known.keys()) {
            if (other.startsWith(`${family} `) && other.endsWith(` ${name}`)) {
              known.set(other, value);
            }
          }
        }
        const place = typeof scope === 'number' ? nameOf(scope) : scope;
        if (place === undefined) return [];
        const full =
          family === 4 && scope === 'all' && name === 'forwarding'
            ? 'net.ipv4.ip_forward'
            : `net.ipv${family}.conf.${place}.${name}`;
        return [{ name: full, value: String(value) }];
      });
    },
    forget(told) {
      for (const name of Object.keys(told.values)) known.delete(keyOf(told, name));
      if (Object.keys(told.values).length > 0) return;
      const prefix = `${told.family} ${told.scope} `;
      for (const key of known.keys()) if (key.startsWith(prefix)) known.delete(key);
    },
  };
}
