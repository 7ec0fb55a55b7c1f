/** Addresses as Go's net package reads and prints them (R9, R10): results must come out the same. */

/** The normal form of an address, or undefined if it is none. `::ffff:10.0.0.1` is `10.0.0.1`. */
export function normalAddress(text: string): string | undefined {
  const groups = parseGroups(text);
  return groups && printGroups(groups);
}

/** The normal form of an address with prefix; host bits are kept. Undefined if it is none. */
export function normalCidr(text: string): string | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const [address, prefix] = [text.slice(0, slash), text.slice(slash + 1)];
  const groups = parseGroups(address);
  const bits = /^[0-9]+$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!groups || !(bits <= (address.includes(':') ? 128 : 32))) return undefined;
  // A mapped IPv4 address loses the 96 bits in front of it.
  const shown = address.includes(':') && isMapped(groups) ? Math.max(0, bits - 96) : bits;
  return `${printGroups(groups)}/${shown}`;
}

/** 4 or 6; undefined for what is no address, with or without prefix. */
export function addressFamily(text: string): 4 | 6 | undefined {
  const groups = parseGroups(text.split('/', 1)[0] ?? '');
  return groups && (isMapped(groups) ? 4 : 6);
}

/** Eight groups of 16 bits; IPv4 as ::ffff:a.b.c.d. */
function parseGroups(text: string): number[] | undefined {
  if (!text.includes(':')) {
    const pair = parseDotted(text);
    return pair && [0, 0, 0, 0, 0, 0xffff, ...pair];
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const parsed = halves.map((half, index) =>
    half === '' ? [] : parseHalf(half, index === halves.length - 1),
  );
  const [head, tail] = parsed;
  if (!head || (halves.length === 2 && !tail)) return undefined;
  if (!tail) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...Array<number>(missing).fill(0), ...tail];
}

function parseHalf(text: string, last: boolean): number[] | undefined {
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const pair = last && index === parts.length - 1 ? parseDotted(part) : undefined;
      if (!pair) return undefined;
      groups.push(...pair);
    }
  }
  return groups;
}

function parseDotted(text: string): [number, number] | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  if (!octets.every((octet) => /^(0|[1-9][0-9]{0,2})$/.test(octet) && Number(octet) < 256)) {
    return undefined;
  }
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
  return [a * 256 + b, c * 256 + d];
}

const isMapped = (groups: number[]): boolean =>
  groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);

function printGroups(groups: number[]): string {
  if (isMapped(groups)) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  let [start, length] = [-1, 1];
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === 0) to++;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}
