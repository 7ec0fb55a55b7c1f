import { readFileSync, writeFileSync } from 'node:fs';

/**
 * What every host and pod starts from, whatever the outer machine has: a new network namespace
 * copies some IPv4 settings of the machine's own one.
 */
const start: Record<string, string> = {
  'net.ipv4.ip_forward': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  'net.ipv4.conf.all.accept_redirects': '0',
  'net.ipv4.conf.default.accept_redirects': '0',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.all.accept_source_route': '0',
  'net.ipv4.conf.default.accept_source_route': '0',
  'net.ipv4.conf.all.arp_ignore': '0',
  'net.ipv4.conf.default.arp_ignore': '0',
  'net.ipv4.conf.all.arp_announce': '0',
  'net.ipv4.conf.default.arp_announce': '0',
  'net.ipv4.conf.all.proxy_arp': '0',
  'net.ipv4.conf.default.proxy_arp': '0',
  'net.ipv4.conf.all.route_localnet': '0',
  'net.ipv4.conf.default.route_localnet': '0',
  'net.ipv4.conf.all.log_martians': '0',
  'net.ipv4.conf.default.log_martians': '0',
  'net.ipv6.conf.all.disable_ipv6': '0',
  'net.ipv6.conf.default.disable_ipv6': '0',
  'net.ipv6.conf.all.forwarding': '0',
  'net.ipv6.conf.default.forwarding': '0',
  'net.ipv6.conf.all.accept_ra': '0',
  'net.ipv6.conf.default.accept_ra': '0',
  // Present where br_netfilter is; a machine without it behaves as with 0.
  'net.bridge.bridge-nf-call-iptables': '0',
  'net.bridge.bridge-nf-call-ip6tables': '0',
  'net.bridge.bridge-nf-call-arptables': '0',
  // Packets and bytes of connections; and events also of those that began before somebody listened.
  // Older kernels leave both to the machine's own root.
  'net.netfilter.nf_conntrack_acct': '1',
  'net.netfilter.nf_conntrack_events': '1',
};

/**
 * Sets the start values in the network namespace that the thread is in. Writing one takes the
 * kernel about 20 times as long as reading it, so only those that differ are written.
 */
export function startSysctls(): void {
  for (const [name, value] of Object.entries(start)) {
    const now = readSysctl(name);
    if (now !== undefined && now !== value) writeSysctl(name, value);
  }
}

/** Undefined where the kernel has no such setting. */
function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(sysctlPath(name), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Writes one sysctl of the current network namespace. Throws with the name and the reason. */
export function writeSysctl(name: string, value: string): void {
  try {
    writeFileSync(sysctlPath(name), value);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/,.*/, '') : String(error);
    throw new Error(`sysctl ${name} = ${value}: ${reason}`, { cause: error });
  }
}

/** Dots separate, as in sysctl(8); a `/` in a name stands for a dot (`net.ipv4.conf.eth0/20.…`). */
const sysctlPath = (name: string): string =>
  `/proc/sys/${name.replace(/[./]/g, (char) => (char === '.' ? '/' : '.'))}`;
