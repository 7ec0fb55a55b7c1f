import { attributeList } from '../message.ts';

/** Test support: requests as trees, to compare them without regard to the order of attributes. */

/** Attributes whose values are attributes, and the size of the struct in front of those. */
const nests: Record<string, number> = {
  '16/18': 0,
  '16/18/2': 0,
  '16/18/5': 0,
  '16/18/2/1 of veth': 16,
  '36/2 of netem': 24,
  '36/2 of htb': 0,
  '36/2 of fq_codel': 0,
};
const structSizes: Record<number, number> = {
  ...{ 20: 8, 21: 8, 24: 12, 25: 12, 28: 12, 29: 12, 32: 12, 33: 12 },
  ...{ 36: 20, 37: 20, 40: 20, 41: 20 },
};

export function shapeOf(request: Buffer): unknown {
  const type = request.readUInt16LE(4);
  const start = 16 + (structSizes[type] ?? 16);
  const kind = ['veth', 'netem', 'htb', 'fq_codel'].find((name) => request.includes(name));
  const tree = (bytes: Buffer, path: string): unknown =>
    attributeList(bytes)
      .map((attribute) => {
        const here = `${path}/${attribute.type}`;
        const offset = nests[here] ?? nests[`${here} of ${kind}`];
        if (offset === undefined) return [attribute.type, attribute.value.toString('hex')];
        const { value } = attribute;
        return [
          attribute.type,
          value.subarray(0, offset).toString('hex'),
          tree(value.subarray(offset), here),
        ];
      })
      .toSorted((a, b) => Number(a[0]) - Number(b[0]));
  return {
    length: request.readUInt32LE(0),
    header: request.subarray(4, start).toString('hex'),
    attributes: tree(request.subarray(start), String(type)),
  };
}
