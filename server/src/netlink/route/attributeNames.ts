import { attributeList } from '../message.ts';
import * as rt from './constants.ts';

/**
 * The attribute at an offset of a request, as a path of names from the kernel's headers, with
 * numbers for those of nested ones: `IFLA_MTU`, `IFLA_LINKINFO/2/1`. The kernel tells such offsets
 * when it refuses a request.
 */
export function attributeAt(request: Buffer, offset: number): string | undefined {
  if (request.length < 16) return undefined;
  const type = request.readUInt16LE(4);
  const [, names, size] = families.find(([numbers]) => numbers.includes(type)) ?? [];
  if (!names || size === undefined) return undefined;
  const path: string[] = [];
  let start = headerSize + size;
  let bytes = request.subarray(start);
  for (;;) {
    const found = attributeAround(bytes, start, offset);
    if (!found) return path.length === 0 ? undefined : path.join('/');
    path.push((path.length === 0 ? names.get(found.type) : undefined) ?? String(found.type));
    // The kernel points at the attribute's header; past it, the refused one is inside.
    if (offset < found.start + 4) return path.join('/');
    bytes = found.value;
    start = found.start + 4;
  }
}

const headerSize = 16;

function attributeAround(bytes: Buffer, start: number, offset: number) {
  let at = start;
  for (const { type, value } of attributeList(bytes)) {
    const end = at + 4 + value.length;
    if (offset >= at && offset < end) return { type, value, start: at };
    at += (4 + value.length + 3) & ~3;
  }
  return undefined;
}

const named = (prefix: string, except: RegExp): Map<number, string> =>
  new Map(
    Object.entries(rt)
      .filter(([name]) => name.startsWith(prefix) && !except.test(name))
      .map(([name, number]) => [number, name]),
  );

const none = /^$/;
const links = named('IFLA_', /^IFLA_(INFO|BRIDGE|INET6)_/);

/** Message types, names of their attributes, size of the struct in front of these. */
const families: readonly (readonly [number[], Map<number, string>, number])[] = [
  [[rt.RTM_NEWLINK, rt.RTM_DELLINK, rt.RTM_GETLINK, rt.RTM_SETLINK], links, 16],
  [[rt.RTM_NEWADDR, rt.RTM_DELADDR, rt.RTM_GETADDR], named('IFA_', /^IFA_F_/), 8],
  [[rt.RTM_NEWROUTE, rt.RTM_DELROUTE, rt.RTM_GETROUTE], named('RTA_', none), 12],
  [[rt.RTM_NEWNEIGH, rt.RTM_DELNEIGH, rt.RTM_GETNEIGH], named('NDA_', none), 12],
  [[rt.RTM_NEWRULE, rt.RTM_DELRULE], new Map(), 12],
  [[rt.RTM_NEWQDISC, rt.RTM_DELQDISC, rt.RTM_NEWTCLASS, rt.RTM_DELTCLASS], named('TCA_', none), 20],
];
