import { nextInterface, nextName, freeAddress, freeSubnet } from './buildNames.ts';
import type { Edit } from './edits.ts';
import { bridgeOf, networksOf } from './networks.ts';
import type { Lab, LabHost } from './schema.ts';

/** What an action adds: its edits, and the id of the new element to select. */
export interface Built {
  edits: Edit[];
  element: string;
}

function hostOf(lab: Lab, name: string): { host: LabHost; path: (string | number)[] } {
  const at = (lab.hosts ?? []).findIndex((host) => host.name === name);
  const host = lab.hosts?.[at];
  if (!host) throw new RangeError(`The lab has no host "${name}".`);
  return { host, path: ['hosts', at] };
}

export function addHost(lab: Lab): Built {
  const name = nextName(
    'node',
    (lab.hosts ?? []).map((host) => host.name),
  );
  return { edits: [{ edit: 'append', path: ['hosts'], value: { name } }], element: `host:${name}` };
}

export function addSegment(lab: Lab): Built {
  const taken = (lab.segments ?? []).map((segment) => segment.name);
  const name = taken.includes('lan') ? nextName('lan', taken, 2) : 'lan';
  const edits: Edit[] = [{ edit: 'append', path: ['segments'], value: { name } }];
  return { edits, element: `segment:${name}` };
}

/** A pod without attachments; the first one of a host is called web. */
export function addPod(lab: Lab, hostName: string): Built {
  const { host, path } = hostOf(lab, hostName);
  const taken = (host.pods ?? []).map((pod) => pod.name);
  const name = taken.length === 0 ? 'web' : nextName('pod', taken);
  const edits: Edit[] = [{ edit: 'append', path: [...path, 'pods'], value: { name } }];
  return { edits, element: `pod:${hostName}/${name}` };
}

/** A bridge network with a gateway, masquerading and the next free subnet. */
export function addNetwork(lab: Lab, hostName: string): Built {
  const { host, path } = hostOf(lab, hostName);
  const networks = networksOf(host, new Map());
  const taken = networks.map((network) => network.name);
  const name = taken.length === 0 ? 'mynet' : nextName('net', taken);
  const bridges = [
    ...(host.interfaces ?? []).map((link) => link.name),
    ...networks.flatMap(({ plugins }) => plugins.flatMap((plugin) => bridgeOf(plugin) ?? [])),
  ];
  const value = {
    cniVersion: '1.0.0',
    name,
    plugins: [
      {
        type: 'bridge',
        bridge: nextName(name, bridges, 0),
        isDefaultGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: { type: 'host-local', subnet: freeSubnet(lab) },
      },
    ],
  };
  const edits: Edit[] = [{ edit: 'append', path: [...path, 'networks'], value }];
  return { edits, element: `network:${hostName}/${name}` };
}

/** Interfaces that need nothing but a name. */
export function addInterface(lab: Lab, hostName: string, type: 'bridge' | 'dummy'): Built {
  const { path } = hostOf(lab, hostName);
  const name = nextInterface(lab, hostName, type === 'bridge' ? 'br' : 'dummy');
  const edits: Edit[] = [{ edit: 'append', path: [...path, 'interfaces'], value: { name, type } }];
  return { edits, element: `interface:${hostName}/${name}` };
}

/** The next interface name, on the segment, with the next free address there. */
export function connectHostToSegment(lab: Lab, hostName: string, segment: string): Built {
  const { path } = hostOf(lab, hostName);
  const name = nextInterface(lab, hostName);
  const value = { name, segment, addresses: [freeAddress(lab, segment)] };
  const edits: Edit[] = [{ edit: 'append', path: [...path, 'interfaces'], value }];
  return { edits, element: `interface:${hostName}/${name}` };
}

/** A cable between two hosts, or between two interfaces of one; `master` plugs an end into a bridge. */
export function addVethPair(
  lab: Lab,
  hostA: string,
  hostB: string,
  master: { a?: string; b?: string } = {},
): Built {
  const a = hostOf(lab, hostA);
  const b = hostOf(lab, hostB);
  const nameA = nextInterface(lab, hostA, 'veth');
  const number = hostA === hostB ? Number(nameA.slice('veth'.length)) + 1 : 0;
  const taken = nextInterface(lab, hostB, 'veth');
  const nameB =
    hostA === hostB
      ? nextName('veth', [nameA, ...(b.host.interfaces ?? []).map((link) => link.name)], number)
      : taken;
  const peer = hostA === hostB ? nameB : { host: hostB, name: nameB };
  const edits: Edit[] = [
    {
      edit: 'append',
      path: [...a.path, 'interfaces'],
      value: {
        name: nameA,
        type: 'veth',
        peer,
        ...(master.a === undefined ? {} : { master: master.a }),
      },
    },
    {
      edit: 'append',
      path: [...b.path, 'interfaces'],
      value: { name: nameB, ...(master.b === undefined ? {} : { master: master.b }) },
    },
  ];
  return { edits, element: `interface:${hostA}/${nameA}` };
}

/** A VLAN interface on top of another; the number is the next free one from 10 in steps of 10. */
export function addVlanInterface(lab: Lab, hostName: string, parent: string, id?: number): Built {
  const { host, path } = hostOf(lab, hostName);
  const ids = new Set(
    (host.interfaces ?? []).flatMap((link) =>
      'id' in link && 'parent' in link && link.parent === parent ? [link.id] : [],
    ),
  );
  let free = 10;
  while (ids.has(free)) free += 10;
  const vlan = id ?? free;
  const full = `${parent}.${vlan}`;
  const name = full.length <= 15 ? full : nextInterface(lab, hostName, 'vlan');
  const value = { name, type: 'vlan', parent, id: vlan };
  const edits: Edit[] = [{ edit: 'append', path: [...path, 'interfaces'], value }];
  return { edits, element: `interface:${hostName}/${name}` };
}
