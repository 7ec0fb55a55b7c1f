import { describe, expect, test } from 'vitest';
import { buildGraph } from './graph.ts';
import { labOf, link, namespace, portMapLab, portMapLive, snapshot } from './testLabs.ts';

const lab = labOf(portMapLab);

describe('the graph of a design', () => {
  const { nodes, edges, shownBy } = buildGraph(lab, undefined);

  test('has hosts, their pods and interfaces inside, and segments outside', () => {
    expect([...nodes.values()].map(({ id, parent }) => [id, parent])).toEqual([
      ['segment:lan', undefined],
      ['host:node1', undefined],
      ['network:node1/mynet', 'host:node1'],
      ['pod:node1/web', 'host:node1'],
      ['host:client', undefined],
      ['interface:node1/eth0', 'host:node1'],
      ['attachment:node1/web/eth0', 'pod:node1/web'],
      ['interface:client/eth0', 'host:client'],
      ['portmap:node1/web/eth0/0', undefined],
    ]);
  });

  test('shows a network as the bridge that it will make', () => {
    expect(nodes.get('network:node1/mynet')).toMatchObject({
      kind: 'network',
      label: 'mynet0\nnetwork mynet',
      form: 'bridge',
      state: 'planned',
    });
    expect(shownBy.get('link:node1/mynet0')).toBe('network:node1/mynet');
  });

  test('connects pods to networks, interfaces to segments, port maps to pods', () => {
    expect([...edges.values()].map(({ kind, source, target }) => [kind, source, target])).toEqual([
      ['wire', 'interface:node1/eth0', 'segment:lan'],
      ['wire', 'interface:client/eth0', 'segment:lan'],
      ['attachment', 'attachment:node1/web/eth0', 'network:node1/mynet'],
      ['portmap', 'portmap:node1/web/eth0/0', 'pod:node1/web'],
    ]);
  });

  test('puts a port map on the frame of its host', () => {
    expect(nodes.get('portmap:node1/web/eth0/0')).toMatchObject({
      label: '8080 → web:80/tcp',
      frame: 'host:node1',
    });
  });

  test('is wholly planned', () => {
    const states = [...nodes.values(), ...edges.values()].map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['planned']));
  });
});

describe('the graph of a running lab', () => {
  test('keeps every id of the design and adds nothing when the kernel is as designed', () => {
    const before = buildGraph(lab, undefined);
    const after = buildGraph(lab, portMapLive());
    expect([...after.nodes.keys()]).toEqual([...before.nodes.keys()]);
    expect([...after.edges.keys()].toSorted()).toEqual([...before.edges.keys()].toSorted());
    const all = [...after.nodes.values(), ...after.edges.values()];
    expect(all.filter(({ state }) => state !== 'up')).toEqual([]);
  });

  test('draws a veth end that is a bridge port as the end of its edge', () => {
    const { edges, shownBy } = buildGraph(lab, portMapLive());
    const edge = edges.get('edge:attachment:node1/web/eth0');
    expect(edge).toMatchObject({ sourceLabel: '', targetLabel: 'veth1a2b' });
    expect(edge?.hops).toEqual([
      ['link:node1/web/eth0', 'link:node1/veth1a2b'],
      ['link:node1/veth1a2b', 'link:node1/mynet0'],
    ]);
    expect(shownBy.get('link:node1/veth1a2b')).toBe('edge:attachment:node1/web/eth0');
  });

  test('shows a veth end that was taken off its bridge as an interface, and the attachment as cut', () => {
    const { nodes, edges } = buildGraph(lab, portMapLive({ vethMaster: undefined }));
    expect(nodes.get('link:node1/veth1a2b')).toMatchObject({ kind: 'port', state: 'extra' });
    expect(edges.get('edge:attachment:node1/web/eth0')).toMatchObject({
      state: 'missing',
      reason: 'eth0 is not connected to mynet0 in the kernel.',
    });
    expect(edges.get('edge:attachment:node1/web/eth0~link:node1/veth1a2b')?.kind).toBe('veth');
  });

  test('shows what somebody added to the kernel as extra, and hides lo and fallback devices', () => {
    const live = portMapLive();
    live.namespaces['node1']?.links.push(
      link(9, 'dummy7', 'dummy'),
      link(10, 'sit0', 'sit', { up: false, state: 'DOWN' }),
    );
    live.namespaces['node1/blue'] = namespace('node1/blue', 'foreign', []);
    const { nodes } = buildGraph(lab, live);
    expect(nodes.get('link:node1/dummy7')).toMatchObject({ state: 'extra', parent: 'host:node1' });
    expect(nodes.get('pod:node1/blue')).toMatchObject({ kind: 'foreign', state: 'extra' });
    expect([...nodes.keys()].filter((id) => /lo$|sit0/.test(id))).toEqual([]);
  });

  test('tells what was deployed and is gone from what was not deployed yet', () => {
    const live = portMapLive();
    const host = live.namespaces['node1'];
    if (host) host.links = host.links.filter(({ name }) => name !== 'eth0');
    const more = labOf(portMapLab.replace('- name: web', '- name: late\n      - name: web'));
    const { nodes } = buildGraph(more, live);
    expect(nodes.get('interface:node1/eth0')?.state).toBe('missing');
    expect(nodes.get('pod:node1/late')?.state).toBe('planned');
  });

  test('carries the reason of a failure', () => {
    const live = portMapLive();
    live.elements['attachment:node1/web/eth0'] = { state: 'failed', error: 'the range is full' };
    expect(buildGraph(lab, live).nodes.get('attachment:node1/web/eth0')).toMatchObject({
      state: 'failed',
      reason: 'the range is full',
    });
  });

  test('says that an interface is down, and how to set it up', () => {
    const live = portMapLive();
    const eth0 = live.namespaces['node1']?.links.find(({ name }) => name === 'eth0');
    if (eth0) Object.assign(eth0, { up: false, state: 'DOWN' });
    const node = buildGraph(lab, live).nodes.get('interface:node1/eth0');
    expect(node).toMatchObject({ state: 'down' });
    expect(node?.reason).toContain('ip link set eth0 up');
  });
});

describe('interfaces of hosts', () => {
  test('two bridges joined by a veth pair are two bars and one edge with both names', () => {
    const { nodes, edges } = buildGraph(
      labOf(`
cnilab: 1
name: two-bridges
hosts:
  - name: node1
    interfaces:
      - {name: br1, type: bridge}
      - {name: br2, type: bridge}
      - {name: va, type: veth, peer: vb, master: br1}
      - {name: vb, master: br2}
`),
      undefined,
    );
    expect([...nodes.keys()]).toEqual(['host:node1', 'interface:node1/br1', 'interface:node1/br2']);
    expect([...edges.values()]).toMatchObject([
      {
        source: 'interface:node1/br1',
        target: 'interface:node1/br2',
        sourceLabel: 'va',
        targetLabel: 'vb',
        elements: ['interface:node1/va', 'interface:node1/vb'],
      },
    ]);
  });

  test('a veth pair between hosts has a port at each end, also when only one end is written down', () => {
    const { nodes, edges } = buildGraph(
      labOf(`
cnilab: 1
name: pair
hosts:
  - name: a
    interfaces: [{name: v0, type: veth, peer: {host: b, name: v1}}]
  - name: b
`),
      undefined,
    );
    expect(nodes.get('interface:b/v1')?.parent).toBe('host:b');
    expect([...edges.values()]).toMatchObject([
      { kind: 'veth', source: 'interface:a/v0', target: 'interface:b/v1' },
    ]);
  });

  test('a VLAN is an edge with its number to the interface below', () => {
    const { edges } = buildGraph(
      labOf(`
cnilab: 1
name: vlan
segments: [{name: lan}]
hosts:
  - name: a
    interfaces:
      - {name: eth0, segment: lan}
      - {name: eth0.20, type: vlan, parent: eth0, id: 20}
`),
      undefined,
    );
    expect(edges.get('edge:parent:interface:a/eth0.20')).toMatchObject({
      label: 'VLAN 20',
      vlan: 20,
      target: 'interface:a/eth0',
    });
  });

  test('the host end of a ptp attachment is the end of its edge', () => {
    const ptp = labOf(`
cnilab: 1
name: ptp
hosts:
  - name: a
    networks: [{cniVersion: 1.0.0, name: p2p, type: ptp, ipam: {type: host-local, subnet: 10.1.0.0/24}}]
    pods: [{name: x, attachments: [{network: p2p}]}]
`);
    const live = snapshot([
      namespace('a', 'host', [link(2, 'veth9', 'veth', { link: 2, linkNamespace: 'a/x' })]),
      namespace('a/x', 'pod', [link(2, 'eth0', 'veth', { link: 2, linkNamespace: 'a' })]),
    ]);
    const { nodes, edges } = buildGraph(ptp, live);
    expect([...nodes.keys()]).not.toContain('link:a/veth9');
    expect(edges.get('edge:attachment:a/x/eth0')).toMatchObject({
      target: 'network:a/p2p',
      targetLabel: 'veth9',
      state: 'up',
    });
  });

  test('a second network on the same bridge is a tag on the first one’s bar', () => {
    const { nodes, edges } = buildGraph(
      labOf(`
cnilab: 1
name: shared-bridge
hosts:
  - name: a
    networks:
      - {cniVersion: 1.0.0, name: one, type: bridge, bridge: br0}
      - {cniVersion: 1.0.0, name: two, type: bridge, bridge: br0}
    pods: [{name: x, attachments: [{network: two}]}]
`),
      undefined,
    );
    expect([...nodes.keys()]).toContain('network:a/two');
    expect(edges.get('edge:on:network:a/two')?.target).toBe('network:a/one');
    expect(edges.get('edge:attachment:a/x/eth0')?.target).toBe('network:a/one');
  });
});
