import { describe, expect, it } from 'vitest';
import { applyEdits } from './edits.ts';
import { parseLab } from './parse.ts';

/** A lab with one host; `host` is the text of its further keys in flow style. */
const node = (host: string, rest = '') =>
  `cnilab: 1\nname: x\nsegments: [{name: lan}]\nhosts: [{name: n, ${host}}]\n${rest}`;
const found = (text: string) =>
  parseLab(text).diagnostics.map(({ severity, code }) => `${severity} ${code}`);
const said = (text: string) => parseLab(text).diagnostics.map(({ message }) => message);
/** The text after all fixes that the diagnostics offer. */
const fixed = (text: string) =>
  applyEdits(
    text,
    parseLab(text).diagnostics.flatMap(({ fix }) => fix?.edits ?? []),
  );

const bridge = (name: string, rest: string) =>
  `{cniVersion: 1.0.0, name: ${name}, plugins: [{type: bridge, ${rest}}]}`;
const pool = (subnet: string) => `ipam: {type: host-local, subnet: ${subnet}}`;

const loAttached = 'pods: [{name: p, attachments: [{network: m, interface: lo}]}]';

describe('names', () => {
  it.each([
    ['interfaces: [{name: a, type: dummy}, {name: a, type: dummy}]', 'duplicate-name'],
    ['pods: [{name: p}, {name: p}]', 'duplicate-name'],
    ['interfaces: [{name: abcdefghijklmnop, type: dummy}]', 'interface-name'],
    ['interfaces: [{name: "a/b", type: dummy}]', 'interface-name'],
    ['interfaces: [{name: "a b", type: dummy}]', 'interface-name'],
    ['interfaces: [{name: "..", type: dummy}]', 'interface-name'],
    ['interfaces: [{name: lo, type: dummy}]', 'interface-name'],
    ['networks: [{cniVersion: 1.0.0, name: m, type: loopback}], ' + loAttached, undefined],
    ['networks: [{cniVersion: 1.0.0, name: m, type: own}], ' + loAttached, 'interface-name'],
    ['interfaces: [{name: ééééééee, type: dummy}]', undefined],
    [
      'pods: [{name: p, listen: [{protocol: http, port: 1}, {protocol: tcp, port: 1}]}]',
      'port-in-use',
    ],
    ['pods: [{name: p, listen: [{protocol: udp, port: 1}, {protocol: tcp, port: 1}]}]', undefined],
  ])('%s', (host, code) => {
    expect(found(node(host))).toEqual(code === undefined ? [] : [`error ${code}`]);
  });

  it('tells two attachments with one interface, and gives free names to the others', () => {
    const networks = `networks: [{cniVersion: 1.0.0, name: m, type: own}]`;
    const pod = (attachments: string) =>
      node(`${networks}, pods: [{name: p, attachments: [${attachments}]}]`);
    expect(said(pod('{network: m, interface: eth0}, {network: m, interface: eth0}'))).toEqual([
      'Two attachments of pod n/p make the interface "eth0": give each its own.',
    ]);
    const { compiled } = parseLab(pod('{network: m, interface: eth1}, {network: m}, {network: m}'));
    const names = compiled?.hosts[0]?.pods[0]?.attachments.map((entry) => entry.interface);
    expect(names).toEqual(['eth1', 'eth0', 'eth2']);
  });

  it('only warns of two checks with one name', () => {
    const checks =
      'checks: [{name: a, from: n, ping: 192.0.2.1}, {name: a, from: n, ping: 192.0.2.1}]';
    expect(found(node('pods: []', checks))).toEqual(['warning duplicate-name']);
  });
});

describe('interfaces', () => {
  it.each([
    ['{name: e, segment: lam}', 'unknown-segment'],
    ['{name: e, segment: lan, addresses: [192.0.2.1]}', 'bad-address'],
    ['{name: e, segment: lan, addresses: [192.0.2.01/24]}', 'bad-address'],
    ['{name: e, type: vlan, parent: f, id: 1}', 'unknown-parent'],
    ['{name: e, type: dummy, master: f}', 'unknown-master'],
    ['{name: e, type: dummy, master: f}, {name: f, type: dummy}', 'unknown-master'],
    ['{name: e}', 'unknown-peer'],
    ['{name: e, type: veth, peer: e}', 'peer'],
    ['{name: e, type: veth, peer: f}, {name: f, type: dummy}', 'peer'],
    ['{name: e, type: veth, peer: {host: m, name: f}}', 'unknown-host'],
    ['{name: e, type: veth, peer: a/b}', 'interface-name'],
    ['{name: e, type: vxlan, id: 1, remote: x}', 'bad-address'],
  ])('%s', (interfaces, code) => {
    expect(found(node(`interfaces: [${interfaces}]`))).toEqual([`error ${code}`]);
  });

  it('lets a veth have its peer declared, not declared, or on another host', () => {
    const text = `cnilab: 1
name: x
hosts:
  - name: n
    interfaces:
      - {name: a, type: veth, peer: b}
      - {name: b}
      - {name: c, type: veth, peer: d}
      - {name: e, type: veth, peer: {host: m, name: f}}
      - {name: d.5, type: vlan, parent: d, id: 5}
  - name: m
    interfaces: [{name: f}]
`;
    expect(found(text)).toEqual([]);
  });

  it('tells a pair that both ends declare, and one end that two want', () => {
    expect(
      found(node('interfaces: [{name: a, type: veth, peer: b}, {name: b, type: veth, peer: a}]')),
    ).toEqual(['error peer', 'error peer']);
    expect(
      found(node('interfaces: [{name: a, type: veth, peer: c}, {name: b, type: veth, peer: c}]')),
    ).toEqual(['error peer']);
  });

  it('finds loops of parents', () => {
    const text = node(
      'interfaces: [{name: a, type: vlan, parent: b, id: 1}, {name: b, type: vlan, parent: a, id: 1}]',
    );
    expect(found(text)).toEqual(['error loop', 'error loop']);
  });

  it('offers the segment that was meant, or adds the one that is missing', () => {
    expect(found(fixed(node('interfaces: [{name: e, segment: lam}]')))).toEqual([]);
    expect(found(fixed(node('interfaces: [{name: e, segment: office}]')))).toEqual([]);
  });
});

describe('what a host has besides', () => {
  it.each([
    ['routes: [{to: default}]', 'route'],
    ['routes: [{to: x, via: 192.0.2.1}]', 'bad-address'],
    ['routes: [{to: 10.0.0.1/8, via: 192.0.2.1}]', 'bad-address'],
    ['routes: [{to: "fd00::/64", via: 192.0.2.1}]', 'bad-address'],
    ['routes: [{to: default, via: 192.0.2.x}]', 'bad-address'],
    ['routes: [{to: default, dev: eth9}]', 'unknown-interface'],
    ['sysctls: {kernel.hostname: x}', 'sysctl'],
    ['sysctls: {net.../x: 1}', 'sysctl'],
    ['conditions: [{interface: eth9, loss: 1}]', 'unknown-interface'],
    ['dhcp: [{interface: eth9, range: [192.0.2.1, 192.0.2.2]}]', 'unknown-interface'],
    [
      'interfaces: [{name: e, type: dummy}], dhcp: [{interface: e, range: [192.0.2.1, 192.0.2.2]}]',
      'bad-address',
    ],
    [
      'interfaces: [{name: e, type: dummy, addresses: [192.0.2.9/24]}], dhcp: [{interface: e, range: [192.0.2.2, 192.0.2.1]}]',
      'bad-address',
    ],
  ])('%s', (host, code) => {
    expect(found(node(host))).toEqual([`error ${code}`]);
  });

  it('mends host bits in a route', () => {
    expect(found(fixed(node('routes: [{to: 10.0.0.1/8, via: 192.0.2.1}]')))).toEqual([]);
  });
});

describe('networks', () => {
  it.each([
    ['{cniVersion: 1.0.0, type: bridge}', 'has no "name": add it.'],
    ['{cniVersion: 1.0.0, name: "a b", type: x}', 'cannot have the name "a b"'],
    ['{cniVersion: 1.0.0, name: m, plugin: []}', 'Did you mean "plugins"?'],
    ['{cniVersion: 1.0.0, name: m, plugins: []}', 'has an empty list of plugins'],
    ['{cniVersion: 1.0.0, name: m, plugins: {type: x}}', 'are not a list'],
    ['{cniVersion: 1.0.0, name: m, plugins: [{bridge: x}]}', 'has no "type" for plugin number 1'],
    ['{cniVersion: 1.0, name: m, type: x}', 'has a "cniVersion" that is not text'],
    ['word', 'is not a CNI configuration'],
  ])('%s is refused', (network, message) => {
    const { diagnostics } = parseLab(node(`networks: [${network}]`));
    expect(diagnostics.map(({ severity }) => severity)).toEqual(['error']);
    expect(diagnostics[0]?.message).toContain(message);
  });

  it('lets people write plugins of their own, and asks when one looks misspelt', () => {
    expect(found(node('networks: [{cniVersion: 1.0.0, name: m, type: my-plugin}]'))).toEqual([]);
    const text = node('networks: [{cniVersion: 1.0.0, name: m, type: brigde}]');
    expect(found(text)).toEqual(['hint plugin-type']);
    expect(found(fixed(text))).toEqual([]);
  });

  it('tells two networks of one name', () => {
    const one = '{cniVersion: 1.0.0, name: m, type: x}';
    expect(found(node(`networks: [${one}, ${one}]`))).toEqual(['error duplicate-name']);
  });

  it('offers the network that an attachment meant', () => {
    const networks = 'networks: [{cniVersion: 1.0.0, name: mynet, type: x}]';
    const text = node(`${networks}, pods: [{name: p, attachments: [{network: mynte}]}]`);
    expect(said(text)).toEqual([
      'Attachment n/p/eth0 names the network "mynte" of host n, which has mynet. Did you mean "mynet"?',
    ]);
    expect(found(fixed(text))).toEqual([]);
  });
});

describe('overlapping subnets', () => {
  const two = (a: string, b: string) =>
    found(
      node(`networks: [${bridge('a', `bridge: a0, ${a}`)}, ${bridge('b', `bridge: b0, ${b}`)}]`),
    );

  it('are an error when both reach the host', () => {
    const [wide, narrow] = [pool('10.0.0.0/8'), pool('10.1.0.0/16')];
    expect(two(`isGateway: true, ${wide}`, `isDefaultGateway: true, ${narrow}`)).toEqual([
      'error overlapping-subnets',
    ]);
    const ptp = `{cniVersion: 1.0.0, name: p, type: ptp, ${narrow}}`;
    const text = node(`networks: [${ptp}, ${bridge('b', `isGateway: true, ${wide}`)}]`);
    expect(found(text)).toEqual(['error overlapping-subnets']);
  });

  it('are a hint while they stay at layer 2', () => {
    expect(two(pool('10.0.0.0/8'), pool('10.1.0.0/16'))).toEqual(['hint overlapping-subnets']);
  });

  it('are found among the ranges of a dual stack', () => {
    const ranges = (subnets: string[]) =>
      `isGateway: true, ipam: {type: host-local, ranges: [${subnets.map((one) => `[{subnet: "${one}"}]`).join(', ')}]}`;
    const [a, b] = [ranges(['10.1.0.0/16', 'fd00::/48']), ranges(['10.2.0.0/16', 'fd00::/64'])];
    expect(two(a, b)).toEqual(['error overlapping-subnets']);
    expect(two(a, ranges(['10.2.0.0/16', 'fd01::/64']))).toEqual([]);
  });

  it('are no error on one bridge, but their ranges may clash', () => {
    const [a, b] = ['a', 'b'].map((name) =>
      bridge(name, `bridge: br, isGateway: true, ${pool('10.1.0.0/16')}`),
    );
    expect(found(node(`networks: [${a}, ${b}]`))).toEqual(['warning overlapping-ranges']);
  });

  it('clash across hosts whose bridges share a segment', () => {
    const host = (name: string, range: string) =>
      `{name: ${name}, interfaces: [{name: br, type: bridge}, {name: e, segment: lan, master: br}], networks: [${bridge('net', `bridge: br, ipam: {type: host-local, subnet: 10.1.0.0/24, ${range}}`)}]}`;
    const lab = (a: string, b: string) =>
      `cnilab: 1\nname: x\nsegments: [{name: lan}]\nhosts: [${host('a', a)}, ${host('b', b)}]`;
    const half = ['rangeEnd: 10.1.0.99', 'rangeStart: 10.1.0.100'] as const;
    expect(found(lab('rangeEnd: 10.1.0.100', half[1]))).toEqual(['warning overlapping-ranges']);
    expect(found(lab(...half))).toEqual([]);
  });
});

describe('port maps', () => {
  const portmap = '{type: portmap, capabilities: {portMappings: true}}';
  const mapped = (plugins: string, ...mappings: string[]) =>
    node(
      `networks: [{cniVersion: 1.0.0, name: m, plugins: [${plugins}]}], pods: [${mappings
        .map(
          (mapping, at) =>
            `{name: p${at}, attachments: [{network: m, capabilities: {portMappings: [${mapping}]}}]}`,
        )
        .join(', ')}]`,
    );
  const gateway = `{type: bridge, isGateway: true, ${pool('10.1.0.0/16')}}`;
  const port = (rest: string) => `{hostPort: 80, containerPort: 80, ${rest}}`;

  it.each([
    ['protocol: tcp', 'protocol: TCP', true],
    ['protocol: tcp', 'protocol: udp', false],
    ['protocol: tcp', 'protocol: tcp, hostIP: 192.0.2.1', true],
    ['protocol: tcp, hostIP: 192.0.2.1', 'protocol: tcp, hostIP: 192.0.2.2', false],
    ['protocol: tcp, hostIP: 0.0.0.0', 'protocol: tcp, hostIP: 192.0.2.2', true],
    ['protocol: tcp, hostIP: "::"', 'protocol: tcp, hostIP: 192.0.2.2', false],
    ['protocol: tcp, hostIP: "fd00::1"', 'protocol: tcp, hostIP: "fd00:0::1"', true],
  ])('%s and %s on one port clash: %s', (a, b, clash) => {
    const text = mapped(`${gateway}, ${portmap}`, port(a), port(b));
    expect(found(text)).toEqual(clash ? ['error host-port-in-use'] : []);
  });

  it('explains and mends the bridge without a gateway', () => {
    const silent = `{type: bridge, bridge: mynet0, ${pool('10.1.0.0/16')}}, ${portmap}`;
    const text = mapped(silent, port('protocol: tcp'));
    const { diagnostics, compiled } = parseLab(text);
    expect(diagnostics.map(({ severity, code }) => [severity, code])).toEqual([
      ['warning', 'portmap-without-gateway'],
    ]);
    expect(diagnostics[0]?.message).toContain('the host has no route to the pod');
    expect(compiled).toBeDefined();
    expect(fixed(text)).toContain('subnet: 10.1.0.0/16}, isGateway: true}');
    expect(found(fixed(text))).toEqual([]);
  });

  it('says nothing when the host has an address there of its own', () => {
    const text = mapped(
      `{type: bridge, bridge: br, ${pool('10.1.0.0/16')}}, ${portmap}`,
      port('protocol: tcp'),
    );
    const own = '{name: br, type: bridge, addresses: [10.1.0.1/16]}';
    expect(found(text.replace('networks:', `interfaces: [${own}], networks:`))).toEqual([]);
  });

  it('adds the portmap plugin that is missing', () => {
    const text = mapped(gateway, port('protocol: tcp'));
    expect(found(text)).toEqual(['warning undeclared-capability']);
    expect(found(fixed(text))).toEqual([]);
    const undeclared = mapped(`${gateway}, {type: portmap}`, port('protocol: tcp'));
    expect(found(fixed(undeclared))).toEqual([]);
  });
});

describe('checks', () => {
  const pods = 'pods: [{name: p}]';
  it.each([
    ['from: m, ping: 192.0.2.1', 'unknown-host'],
    ['from: n/q, ping: 192.0.2.1', 'unknown-pod'],
    ['from: n, ping: n/q', 'unknown-pod'],
    ['from: n, ping: somewhere', 'bad-address'],
    ['from: n, tcp: 192.0.2.1', 'bad-address'],
    ['from: n, tcp: "n/p:80"', undefined],
    ['from: n, tcp: "[fd00::1]:80"', undefined],
    ['from: n, udp: "192.0.2.1:0"', 'bad-address'],
    ['from: n, http: "ftp://x/"', 'bad-address'],
    ['from: n, http: "http://[fd00::1]:8080/x?y"', undefined],
    ['from: n, route: x', 'bad-address'],
    ['from: n, exec: [ls], expect: {stdout: /(/}', 'bad-pattern'],
    ['from: n, exec: [ls], expect: {stdout: "/a(b|c)$/i"}', undefined],
    ['from: n, rules: {table: nat, chain: X, match: "/[/"}', 'bad-pattern'],
    ['from: n, operation: {op: gc, network: m}', 'unknown-network'],
    ['from: n, operation: {op: gc}', 'operation'],
  ])('%s', (check, code) => {
    const text = node(pods, `checks: [{name: c, ${check}}]`);
    expect(found(text)).toEqual(code === undefined ? [] : [`error ${code}`]);
  });

  it.each([
    ['{op: check, pod: in, network: m}', []],
    ['{op: check, pod: out, network: m}', ['pod n/out has no attachment to network "m".']],
    ['{op: gc, pod: in, network: m}', ['gc is about a whole network: leave "pod" out.']],
    ['{op: status, network: m}, expect: {code: -1}', ['must be at least 0']],
  ])('tells of operation %s what cannot be', (operation, messages) => {
    const loopback = 'networks: [{cniVersion: 1.0.0, name: m, type: loopback}]';
    const inAndOut = 'pods: [{name: in, attachments: [{network: m, interface: lo}]}, {name: out}]';
    const checks = `checks: [{name: c, from: n, operation: ${operation}}]`;
    const told = said(node(`${loopback}, ${inAndOut}`, checks));
    expect(told).toEqual(messages.map((message) => expect.stringContaining(message)));
  });
});
