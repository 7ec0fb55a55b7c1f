import { attribute, attributeList, type Attributes } from '../../message.ts';
import { named, readFields, u32, writeFields, type Field, type Values } from '../fields.ts';
import { macBytes, macText } from '../values.ts';
import { flagWords, type Words } from '../words.ts';

const modes: Words = new Map([
  [1, 'private'],
  [2, 'vepa'],
  [4, 'bridge'],
  [8, 'passthru'],
  [16, 'source'],
]);

const macvlanFlags: Words = new Map([
  [1, 'nopromisc'],
  [2, 'nodst'],
]);

const flags: Field<string[]> = {
  type: 2,
  read: (bytes) => (bytes.length === 2 ? flagWords(macvlanFlags, bytes.readUInt16LE()) : undefined),
  write(words) {
    const bytes = Buffer.alloc(2);
    for (const [bit, name] of macvlanFlags)
      if (words.includes(name)) bytes[0] = (bytes[0] ?? 0) | bit;
    return bytes;
  },
};

/** A list of IFLA_MACVLAN_MACADDR. */
const sources: Field<string[]> = {
  type: 5,
  read: (bytes) => attributeList(bytes).flatMap(({ value }) => macText(value) ?? []),
  write: (list) => Buffer.concat(list.map((address) => attribute(4, macBytes(address)))),
};

/** The numbers are those of IFLA_MACVLAN_… */
const fields = {
  mode: named(u32(1), modes),
  flags,
  bcqueuelen: u32(7),
};
const told = { usedbcqueuelen: u32(8), macaddrCount: u32(6), macaddrData: sources };
/** With a list the kernel is told to set it (MACVLAN_MACADDR_SET). */
const sourceFields = { macaddrMode: u32(3), macaddrData: sources };

export type MacvlanMode = 'private' | 'vepa' | 'bridge' | 'passthru' | 'source';
export type MacvlanSettings = Omit<Values<typeof fields>, 'mode'> & {
  mode?: MacvlanMode;
  /** In mode `source`: from which addresses frames are taken. */
  macaddrData?: string[];
};
export type Macvlan = Values<typeof fields> & Values<typeof told>;

export const readMacvlan = (data: Attributes): Macvlan => ({
  ...readFields(fields, data),
  ...readFields(told, data),
});

export const writeMacvlan = ({ macaddrData, ...spec }: MacvlanSettings): Buffer[] => [
  ...writeFields(fields, spec),
  ...(macaddrData === undefined ? [] : writeFields(sourceFields, { macaddrMode: 3, macaddrData })),
];
