import { addressOf, formatIp, parseCidr, parseIp } from '../cni/ip.ts';
import { peerOf, type HostContext, type LabContext } from './context.ts';
import type { Finding } from './diagnostics.ts';
import { interfaceName } from './diagnoseNames.ts';
import { didYouMean, suggest } from './names.ts';
import type { LabInterface } from './schema.ts';

/** Rules about the interfaces that a host has before any CNI runs. */
export function diagnoseInterfaces(context: LabContext): Finding[] {
  return [
    ...context.hosts.flatMap((host) =>
      (host.host.interfaces ?? []).flatMap((link, at) => {
        const place: Place = { context, host, link, path: [...host.path, 'interfaces', at] };
        return [
          ...segment(place),
          ...addresses(place),
          ...master(place),
          ...peer(place),
          ...parent(place),
        ];
      }),
    ),
    ...sharedAddresses(context),
  ];
}

interface Place {
  context: LabContext;
  host: HostContext;
  link: LabInterface;
  path: (string | number)[];
}

function error({ host, link, path }: Place, key: string[], code: string, message: string): Finding {
  return {
    severity: 'error',
    code,
    message: `Interface ${host.host.name}/${link.name} ${message}`,
    path: [...path, ...key],
    element: `interface:${host.host.name}/${link.name}`,
  };
}

function segment(place: Place): Finding[] {
  const { link, context } = place;
  if (!('segment' in link)) return [];
  const known = (context.lab.segments ?? []).map(({ name }) => name);
  if (known.includes(link.segment)) return [];
  const message = `is on the segment "${link.segment}", which the lab does not have.`;
  const meant = suggest(link.segment, known);
  const finding = error(place, ['segment'], 'unknown-segment', message);
  const path = [...place.path, 'segment'];
  return [
    meant === undefined
      ? {
          ...finding,
          message: `${finding.message} Add it under "segments".`,
          fix: {
            label: `Add the segment ${link.segment}`,
            edits: [{ edit: 'append', path: ['segments'], value: { name: link.segment } }],
          },
        }
      : {
          ...finding,
          message: finding.message + didYouMean(link.segment, known),
          fix: { label: `Use ${meant}`, edits: [{ edit: 'set', path, value: meant }] },
        },
  ];
}

function addresses(place: Place): Finding[] {
  return (place.link.addresses ?? []).flatMap((text, at): Finding[] => {
    if (parseCidr(text)) return [];
    const plain = parseIp(text);
    const message = plain
      ? `has the address "${text}" without a prefix length: write for example "${text}/${plain.family === 4 ? 24 : 64}".`
      : `has the address "${text}", which is not an address with a prefix length such as "192.0.2.11/24".`;
    const finding = error(place, [], 'bad-address', message);
    return [{ ...finding, path: [...place.path, 'addresses', at] }];
  });
}

function master(place: Place): Finding[] {
  const { host, link } = place;
  if (link.master === undefined) {
    if (link.vlans === undefined || ('type' in link && link.type === 'bridge')) return [];
    return [
      error(place, ['vlans'], 'vlans', 'has "vlans" but no "master": VLANs belong to a port.'),
    ];
  }
  if (link.master === link.name) {
    return [error(place, ['master'], 'loop', 'is its own master: name a bridge.')];
  }
  const there = host.interfaces.get(link.master);
  const bridge = there && 'type' in there && there.type === 'bridge' ? there : undefined;
  if (!bridge) {
    const names = [...host.interfaces.values()].flatMap((other) =>
      other && 'type' in other && other.type === 'bridge' ? [other.name] : [],
    );
    const known = host.interfaces.has(link.master);
    const message =
      `has the master "${link.master}", ${known ? 'which is no bridge' : 'which is not there'}: ` +
      `host ${host.host.name} needs an interface {name: ${link.master}, type: bridge}.`;
    return [error(place, ['master'], 'unknown-master', message + didYouMean(link.master, names))];
  }
  if (link.vlans === undefined || bridge.vlanFiltering === true) return [];
  const message = `has "vlans", but its bridge ${bridge.name} ignores them: set "vlanFiltering: true" there.`;
  const at = (host.host.interfaces ?? []).indexOf(bridge);
  const path = [...host.path, 'interfaces', at, 'vlanFiltering'];
  return [
    {
      ...error(place, ['vlans'], 'vlans', message),
      severity: 'warning',
      fix: { label: 'Set vlanFiltering', edits: [{ edit: 'set', path, value: true }] },
    },
  ];
}

function peer(place: Place): Finding[] {
  const { context, host, link } = place;
  const here = host.host.name;
  if (!('type' in link) && !('segment' in link)) {
    if (context.claims.has(`${here}/${link.name}`)) return [];
    const message =
      'has neither "segment" nor "type", and no veth names it as its peer: give it one of them.';
    return [error(place, [], 'unknown-peer', message)];
  }
  const other = peerOf(here, link);
  if (!other) return [];
  const whole = `${other.host}/${other.name}`;
  const there = context.hosts.find(({ host: { name } }) => name === other.host);
  if (!there) {
    const known = context.hosts.map(({ host: { name } }) => name);
    const message = `has its peer on the host "${other.host}", which the lab does not have.`;
    const hint = didYouMean(other.host, known);
    return [error(place, ['peer', 'host'], 'unknown-host', message + hint)];
  }
  if (other.host === here && other.name === link.name) {
    return [error(place, ['peer'], 'peer', 'is its own peer: a veth has two ends with two names.')];
  }
  const first = context.claims.get(whole)?.[0];
  if (first && first !== link) {
    const message = `wants the peer ${whole}, which another veth has already: name another one.`;
    return [error(place, ['peer'], 'peer', message)];
  }
  const declared = there.interfaces.get(other.name);
  if (!declared) return interfaceName(other.name, [...place.path, 'peer'], `interface:${whole}`);
  if (!('type' in declared) && !('segment' in declared)) return [];
  const back = peerOf(other.host, declared);
  const message =
    back?.host === here && back.name === link.name
      ? `and ${whole} both declare their pair: leave "type" and "peer" out of one of them.`
      : `has the peer ${whole}, which is an interface of another kind: name a new one.`;
  return [error(place, ['peer'], 'peer', message)];
}

/** More interfaces on top of each other than any kernel takes. */
const maxNesting = 100;

const parentOf = (link: LabInterface | undefined): string | undefined =>
  link && 'parent' in link ? link.parent : undefined;

function parent(place: Place): Finding[] {
  const { host, link } = place;
  const findings: Finding[] = [];
  if ('remote' in link && link.remote !== undefined && !parseIp(link.remote)) {
    const message = `has the remote "${link.remote}", which is not an IP address.`;
    findings.push(error(place, ['remote'], 'bad-address', message));
  }
  const above = parentOf(link);
  if (above === undefined) return findings;
  if (!host.interfaces.has(above)) {
    const message = `has the parent "${above}", which host ${host.host.name} does not have.`;
    const hint = didYouMean(above, host.interfaces.keys());
    return [...findings, error(place, ['parent'], 'unknown-parent', message + hint)];
  }
  const seen = new Set<string>();
  for (let at: string | undefined = link.name; at !== undefined && seen.size < maxNesting;) {
    if (seen.has(at)) {
      const message = `is its own parent, by way of ${[...seen].join(' → ')}: break the loop.`;
      return at === link.name ? [...findings, error(place, ['parent'], 'loop', message)] : findings;
    }
    seen.add(at);
    at = parentOf(host.interfaces.get(at));
  }
  return findings;
}

/** The same address twice on one segment. */
function sharedAddresses({ hosts }: LabContext): Finding[] {
  const owners = new Map<string, string>();
  return hosts.flatMap(({ host, path }) =>
    (host.interfaces ?? []).flatMap((link, at) =>
      (link.addresses ?? []).flatMap((text, index): Finding[] => {
        const cidr = parseCidr(text);
        if (!cidr || !('segment' in link)) return [];
        const key = `${link.segment} ${formatIp(addressOf(cidr))}`;
        const owner = owners.get(key);
        const name = `${host.name}/${link.name}`;
        if (owner === undefined) owners.set(key, name);
        if (owner === undefined) return [];
        return [
          {
            severity: 'warning',
            code: 'duplicate-address',
            message: `Interfaces ${owner} and ${name} have the same address ${text} on segment ${link.segment}: change one of them.`,
            path: [...path, 'interfaces', at, 'addresses', index],
            element: `interface:${name}`,
          },
        ];
      }),
    ),
  );
}
