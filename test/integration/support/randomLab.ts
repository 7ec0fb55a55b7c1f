/** A number from 0 up to 1. */
export type Random = () => number;

export function pick<T>(random: Random, first: T, ...others: T[]): T {
  return [first, ...others][Math.floor(random() * (others.length + 1))] ?? first;
}

/** The text of a small lab with something of everything, always without errors. */
export function randomLab(random: Random): string {
  const chance = (probability: number) => random() < probability;
  const some = <T>(items: T[], probability: number) => items.filter(() => chance(probability));
  const segments = ['a', ...some(['b'], 0.6)];
  const names = ['n1', ...some(['n2', 'n3'], 0.7)];
  const isJoined = names.includes('n2') && chance(0.5);
  const hosts = names.map((name, index) => {
    const hasUplink = chance(0.8);
    const interfaces = [
      ...(hasUplink ? [uplink(index)] : []),
      ...hostInterfaces(),
      ...(isJoined && name === 'n1' ? ['{name: x0, type: veth, peer: {host: n2, name: x1}}'] : []),
      ...(isJoined && name === 'n2'
        ? [`{name: x1${chance(0.5) ? ', addresses: [10.66.0.2/24]' : ''}}`]
        : []),
    ];
    if (chance(0.4)) interfaces.reverse();
    const routes = hasUplink
      ? some(
          [
            '{to: 10.99.0.0/16, via: 192.0.2.200}',
            '{to: 10.98.0.0/16, dev: eth0}',
            '{to: 10.97.0.0/16, dev: eth0, table: 77}',
          ],
          0.4,
        )
      : [];
    return { name, interfaces, routes, ...networksAndPods() };
  });
  // A host without interfaces, routes, networks or pods has empty lists.
  return `cnilab: 1
name: random
segments: [${segments.map((name) => `{name: ${name}}`).join(', ')}]
hosts:
${hosts
  .map(
    (host) => `  - name: ${host.name}
    interfaces: [${host.interfaces.join(', ')}]
    routes: [${host.routes.join(', ')}]
    networks: [${host.networks.join(', ')}]
    pods: [${host.pods.join(', ')}]`,
  )
  .join('\n')}
`;

  function uplink(index: number): string {
    const addresses = [
      `192.0.2.${index + 1}/24`,
      ...some([`198.51.100.${index + 1}/24`, `'2001:db8::${index + 1}/64'`], 0.5),
    ];
    const segment = pick(random, 'a', ...segments.slice(1));
    return `{name: eth0, segment: ${segment}, addresses: [${addresses.join(', ')}]${chance(0.3) ? ', mtu: 1400' : ''}}`;
  }

  function hostInterfaces(): string[] {
    const hasBridge = chance(0.6);
    const result = hasBridge
      ? [`{name: br0, type: bridge${chance(0.5) ? ', addresses: [203.0.113.1/24]' : ''}}`]
      : [];
    if (chance(0.5)) {
      const master = hasBridge && chance(0.5) ? ', master: br0' : '';
      const mac = chance(0.3) ? ", mac: '02:00:00:00:00:05'" : '';
      result.push(`{name: v0, type: veth, peer: v1${master}${mac}}`);
      const more = `${chance(0.5) ? ', addresses: [10.77.0.1/24]' : ''}${chance(0.3) ? ', mtu: 1300' : ''}`;
      if (chance(0.8)) result.push(`{name: v1${more}}`);
    }
    return result;
  }

  function networksAndPods(): { networks: string[]; pods: string[] } {
    const net = `{cniVersion: 1.0.0, name: net, plugins: [
      {type: bridge, bridge: cni0, isDefaultGateway: true, ipMasq: ${chance(0.5)}, hairpinMode: ${chance(0.7)},
       mtu: ${pick(random, 1500, 1450)}, ipam: {type: host-local, subnet: ${pick(random, '10.10.0.0/24', '10.11.0.0/24')}}},
      {type: portmap, capabilities: {portMappings: true}}]}`;
    const ptp = `{cniVersion: 1.0.0, name: ptp, type: ptp, ipMasq: true, ipam: {type: host-local, subnet: 10.12.0.0/24}}`;
    const hasPtp = chance(0.4);
    const pods = some(['p', 'q', 'r'], 0.6).map((name) => {
      const hostPort = { p: 8080, q: 8090, r: 9000 }[name] ?? 0;
      const ports = `{portMappings: [{hostPort: ${hostPort + pick(random, 0, 1)}, containerPort: 80, protocol: tcp}]}`;
      const attachments = [
        ...some([`{network: net${chance(0.5) ? `, capabilities: ${ports}` : ''}}`], 0.8),
        ...(hasPtp ? some(['{network: ptp, interface: pp0}'], 0.5) : []),
      ];
      if (chance(0.2)) attachments.reverse();
      const listen = some([`{protocol: ${pick(random, 'http', 'tcp')}, port: 80}`], 0.5);
      return `{name: ${name}, attachments: [${attachments.join(', ')}], listen: [${listen.join(', ')}]}`;
    });
    return { networks: [net, ...(hasPtp ? [ptp] : [])], pods };
  }
}
