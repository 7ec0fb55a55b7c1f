import { describe, expect, it } from 'vitest';
import {
  addHost,
  addInterface,
  addNetwork,
  addPod,
  addSegment,
  addVethPair,
  addVlanInterface,
  connectHostToSegment,
  type Built,
} from './buildAdd.ts';
import { addPortMapping, attach } from './buildAttach.ts';
import { detach, remove } from './buildRemove.ts';
import { rename } from './buildRename.ts';
import { setPosition } from './buildView.ts';
import { applyEdits, type Edit } from './edits.ts';
import { parseLab } from './parse.ts';
import type { Lab } from './schema.ts';

const empty = 'cnilab: 1\nname: x\n';

function labOf(text: string): Lab {
  const { lab } = parseLab(text);
  if (!lab) throw new Error(`no lab:\n${text}`);
  return lab;
}

/** The text after an action on the lab that it describes. */
const after = (text: string, action: (lab: Lab) => Built | Edit[]): string => {
  const built = action(labOf(text));
  return applyEdits(text, Array.isArray(built) ? built : built.edits);
};
const errors = (text: string) =>
  parseLab(text)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);

/** What a person builds by clicking, from nothing. */
function clicked(): string {
  const actions: ((lab: Lab) => Built | Edit[])[] = [
    addHost,
    addHost,
    addSegment,
    (lab) => connectHostToSegment(lab, 'node1', 'lan'),
    (lab) => connectHostToSegment(lab, 'node2', 'lan'),
    (lab) => addNetwork(lab, 'node1'),
    (lab) => addNetwork(lab, 'node2'),
    (lab) => addNetwork(lab, 'node1'),
    (lab) => addPod(lab, 'node1'),
    (lab) => addPod(lab, 'node1'),
    (lab) => attach(lab, 'node1', 'web', 'mynet'),
    (lab) => attach(lab, 'node1', 'web', 'net1'),
    (lab) => addPortMapping(lab, 'attachment:node1/web/eth0'),
    (lab) => addPortMapping(lab, 'attachment:node1/web/eth0', { containerPort: 443 }),
    (lab) => addInterface(lab, 'node1', 'bridge'),
    (lab) => addVethPair(lab, 'node1', 'node1', { a: 'br0' }),
    (lab) => addVethPair(lab, 'node1', 'node2'),
    (lab) => addVlanInterface(lab, 'node1', 'eth0'),
    () => setPosition('pod:node1/web', 10.4, 20.6),
    () => setPosition('attachment:node1/web/eth0', 1, 2),
    () => setPosition('host:node2', 3, 4),
  ];
  return actions.reduce(after, empty);
}

describe('building a lab by clicks', () => {
  it('makes a lab without errors, in the style of people', () => {
    const text = clicked();
    expect(parseLab(text).diagnostics).toEqual([]);
    expect(text).toBe(`cnilab: 1
name: x
segments:
  - {name: lan}
hosts:
  - name: node1
    interfaces:
      - {name: eth0, segment: lan, addresses: [192.0.2.11/24]}
      - {name: br0, type: bridge}
      - {name: veth0, type: veth, peer: veth1, master: br0}
      - {name: veth1}
      - {name: veth2, type: veth, peer: {host: node2, name: veth0}}
      - {name: eth0.10, type: vlan, parent: eth0, id: 10}
    networks:
      - cniVersion: 1.0.0
        name: mynet
        plugins:
          - type: bridge
            bridge: mynet0
            isDefaultGateway: true
            ipMasq: true
            hairpinMode: true
            ipam: {type: host-local, subnet: 10.10.0.0/16}
          - type: portmap
            capabilities:
              portMappings: true
      - cniVersion: 1.0.0
        name: net1
        plugins:
          - type: bridge
            bridge: net10
            isDefaultGateway: true
            ipMasq: true
            hairpinMode: true
            ipam: {type: host-local, subnet: 10.12.0.0/16}
    pods:
      - name: web
        attachments:
          - network: mynet
            capabilities:
              portMappings:
                - {hostPort: 8080, containerPort: 80, protocol: tcp}
                - {hostPort: 8081, containerPort: 443, protocol: tcp}
          - network: net1
      - name: pod1
  - name: node2
    interfaces:
      - {name: eth0, segment: lan, addresses: [192.0.2.12/24]}
      - {name: veth0}
    networks:
      - cniVersion: 1.0.0
        name: mynet
        plugins:
          - type: bridge
            bridge: mynet0
            isDefaultGateway: true
            ipMasq: true
            hairpinMode: true
            ipam: {type: host-local, subnet: 10.11.0.0/16}
view:
  positions:
    "pod:node1/web": {x: 10, y: 21}
    "attachment:node1/web/eth0": {x: 1, y: 2}
    "host:node2": {x: 3, y: 4}
`);
  });
});

describe('addPortMapping', () => {
  it('turns one plugin into a list with portmap, and gives the bridge an address', () => {
    const text = `${empty}hosts:
  - name: n
    networks:
      - {cniVersion: 1.0.0, name: m, type: bridge, ipam: {type: host-local, subnet: 10.1.0.0/16}}
    pods:
      - {name: p, attachments: [{network: m}], listen: [{protocol: udp, port: 53}]}
`;
    const result = after(text, (lab) => addPortMapping(lab, 'attachment:n/p/eth0'));
    expect(parseLab(result).diagnostics).toEqual([]);
    expect(parseLab(result).compiled?.hosts[0]?.networks[0]?.file).toBe('m.conflist');
    expect(result).toContain('portMappings: [{hostPort: 8080, containerPort: 53, protocol: udp}]');
    expect(result).toContain('isGateway: true');
  });
});

const full = `${clicked()}checks:
  - {name: a, from: node1/web, ping: node1/pod1}
  - {name: b, from: node2, tcp: "node1/web:80"}
  - {name: c, from: node1, operation: {op: check, pod: web, network: mynet}}
  - {name: d, from: node1, interface: veth0}
  - {name: e, from: node1/web, interface: eth0}
`;

describe('rename', () => {
  it.each([
    ['host:node1', 'router'],
    ['host:node2', 'router'],
    ['pod:node1/web', 'site'],
    ['network:node1/mynet', 'front'],
    ['segment:lan', 'office'],
    ['interface:node1/eth0', 'uplink'],
    ['interface:node1/veth0', 'cable0'],
    ['interface:node1/br0', 'bridge7'],
    ['interface:node2/veth0', 'cable1'],
    ['attachment:node1/web/eth0', 'net0'],
  ])('%s to %s keeps every reference', (element, name) => {
    expect(errors(full)).toEqual([]);
    const text = after(full, (lab) => rename(lab, element, name));
    expect(errors(text)).toEqual([]);
    expect(text).toContain(name);
    // Back again, only the spelling and order of what was written out may differ.
    const renamed = element.replace(/[^:/]+$/, name);
    const back = after(text, (lab) => rename(lab, renamed, element.replace(/^.*[:/]/, '')));
    const { compiled } = parseLab(full);
    expect(parseLab(back).compiled).toEqual(compiled);
  });

  it('follows a host into peers, checks and positions', () => {
    const text = after(full, (lab) => rename(lab, 'host:node1', 'router'));
    expect(text).not.toContain('node1');
    const other = after(full, (lab) => rename(lab, 'host:node2', 'router'));
    expect(other).not.toContain('node2');
    expect(other).toContain('peer: {host: router, name: veth0}');
  });
});

describe('remove', () => {
  it.each([
    'host:node1',
    'host:node2',
    'pod:node1/web',
    'pod:node1/pod1',
    'network:node1/mynet',
    'network:node1/net1',
    'segment:lan',
    'interface:node1/eth0',
    'interface:node1/br0',
    'interface:node1/veth0',
    'interface:node1/veth1',
    'interface:node1/veth2',
    'interface:node2/veth0',
    'attachment:node1/web/eth1',
    'check:2',
  ])('%s leaves nothing that refers to it', (element) => {
    const edits = remove(labOf(full), element);
    expect(edits.length).toBeGreaterThan(0);
    const text = applyEdits(full, edits);
    expect(errors(text)).toEqual([]);
    expect(remove(labOf(text), element).filter(() => element !== 'check:2')).toEqual([]);
  });

  it('takes what cannot be without it, and only that', () => {
    const text = after(full, (lab) => remove(lab, 'interface:node1/br0'));
    expect(text).toContain('- {name: veth0, type: veth, peer: veth1}');
    const pods = after(full, (lab) => remove(lab, 'pod:node1/web'));
    expect(labOf(pods).checks?.map(({ name }) => name)).toEqual(['d']);
    expect(pods).not.toContain('attachment:node1/web');
  });

  it('detaches one attachment', () => {
    const text = after(full, (lab) => detach(lab, 'attachment:node1/web/eth1'));
    expect(labOf(text).hosts?.[0]?.pods?.[0]?.attachments).toHaveLength(1);
  });
});
