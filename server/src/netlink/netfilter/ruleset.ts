import { NLM_F_APPEND } from '../constants.ts';
import {
  attributeList,
  readAttributes,
  readText,
  type Attributes,
  type Message,
} from '../message.ts';
import { readCounter } from './data.ts';
import { readExpressions } from './expressions.ts';
import {
  bitWords,
  messageType,
  nfgenmsgSize,
  present,
  readBe32,
  readBe64,
  readNfgenmsg,
  readSignedBe32,
} from './nfnetlink.ts';
import * as nf from './nfnetlinkConstants.ts';
import * as nft from './nftConstants.ts';
import type {
  NftBase,
  NftChain,
  NftChange,
  NftExpression,
  NftFamily,
  NftGeneration,
  NftRule,
  NftTable,
} from './nftTypes.ts';
import { familyWord, hookWord, tableFlagWords } from './nftWords.ts';
import { readElements, readObject, readSet } from './sets.ts';
import { readComment } from './userdata.ts';

/**
 * What a message of nf_tables says about tables, chains, rules, sets and objects: of a dump or of a
 * commit. Undefined for messages of other subsystems, generations and traces.
 */
export function decodeChange({ header, payload }: Message): NftChange | undefined {
  if (header.type >> 8 !== nf.NFNL_SUBSYS_NFTABLES) return undefined;
  const operation = header.type & 0xff;
  if (operation === nft.NFT_MSG_NEWGEN || operation === nft.NFT_MSG_TRACE) return undefined;
  const family = familyWord(readNfgenmsg(payload)?.family);
  const attributes = readAttributes(payload, nfgenmsgSize);
  const change = family && readers.get(operation)?.(family, attributes, header.flags);
  return change ?? { kind: 'other', operation };
}

/** The generation that a message announces; undefined for any other message. */
export function decodeGeneration({ header, payload }: Message): NftGeneration | undefined {
  if (header.type !== messageType(nf.NFNL_SUBSYS_NFTABLES, nft.NFT_MSG_NEWGEN)) return undefined;
  const attributes = readAttributes(payload, nfgenmsgSize);
  const generation = readBe32(attributes.get(nft.NFTA_GEN_ID));
  if (generation === undefined) return undefined;
  // NFTA_GEN_PROC_PID counts in the first pid namespace, which means nothing inside a box.
  return present({ generation, processName: readText(attributes.get(nft.NFTA_GEN_PROC_NAME)) });
}

type Reader = (family: NftFamily, attributes: Attributes, flags: number) => NftChange | undefined;

const readers: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [
    nft.NFT_MSG_NEWTABLE,
    (family, a) => {
      const table = readTable(family, a);
      return table && { kind: 'table.set', table };
    },
  ],
  [
    nft.NFT_MSG_DELTABLE,
    (family, a) => {
      const name = readText(a.get(nft.NFTA_TABLE_NAME));
      const handle = readBe64(a.get(nft.NFTA_TABLE_HANDLE));
      return name === undefined
        ? name
        : { kind: 'table.del', family, name, ...present({ handle }) };
    },
  ],
  [
    nft.NFT_MSG_NEWCHAIN,
    (family, a) => {
      const chain = readChain(family, a);
      return chain && { kind: 'chain.set', chain };
    },
  ],
  [
    nft.NFT_MSG_DELCHAIN,
    deleted('chain.del', nft.NFTA_CHAIN_TABLE, nft.NFTA_CHAIN_NAME, nft.NFTA_CHAIN_HANDLE),
  ],
  [
    nft.NFT_MSG_NEWRULE,
    (family, a, flags) => {
      const rule = readRule(family, a);
      if (!rule) return undefined;
      const after = readBe64(a.get(nft.NFTA_RULE_POSITION));
      const appended = (flags & NLM_F_APPEND) !== 0;
      return { kind: 'rule.set', rule, ...present({ after }), appended };
    },
  ],
  [
    nft.NFT_MSG_DELRULE,
    (family, a) => {
      const where = readRuleKey(a);
      return where && { kind: 'rule.del', family, ...where };
    },
  ],
  [
    nft.NFT_MSG_NEWSET,
    (family, a) => {
      const set = readSet(family, a);
      return set && { kind: 'set.set', set };
    },
  ],
  [
    nft.NFT_MSG_DELSET,
    deleted('set.del', nft.NFTA_SET_TABLE, nft.NFTA_SET_NAME, nft.NFTA_SET_HANDLE),
  ],
  [
    nft.NFT_MSG_NEWSETELEM,
    (family, a) => {
      const elements = readElements(a);
      return elements && { kind: 'elements.set', family, ...elements };
    },
  ],
  [
    nft.NFT_MSG_DELSETELEM,
    (family, a) => {
      const elements = readElements(a);
      return elements && { kind: 'elements.del', family, ...elements };
    },
  ],
  [
    nft.NFT_MSG_NEWOBJ,
    (family, a) => {
      const object = readObject(family, a);
      return object && { kind: 'object.set', object };
    },
  ],
  [
    nft.NFT_MSG_DELOBJ,
    deleted('object.del', nft.NFTA_OBJ_TABLE, nft.NFTA_OBJ_NAME, nft.NFTA_OBJ_HANDLE),
  ],
]);

/** The kernel cuts what it tells of something that has gone, more so in newer versions. */
function deleted(
  kind: 'chain.del' | 'set.del' | 'object.del',
  tableType: number,
  nameType: number,
  handleType: number,
): Reader {
  return (family, a) => {
    const table = readText(a.get(tableType));
    const name = readText(a.get(nameType));
    if (table === undefined || name === undefined) return undefined;
    return { kind, family, table, name, ...present({ handle: readBe64(a.get(handleType)) }) };
  };
}

function readTable(family: NftFamily, a: Attributes): NftTable | undefined {
  const name = readText(a.get(nft.NFTA_TABLE_NAME));
  const handle = readBe64(a.get(nft.NFTA_TABLE_HANDLE));
  if (name === undefined || handle === undefined) return undefined;
  const flags = bitWords(readBe32(a.get(nft.NFTA_TABLE_FLAGS)) ?? 0, tableFlagWords);
  const optional = {
    owner: readBe32(a.get(nft.NFTA_TABLE_OWNER)),
    comment: readComment(a.get(nft.NFTA_TABLE_USERDATA)),
  };
  return { family, name, handle, flags, ...present(optional) };
}

function readChain(family: NftFamily, a: Attributes): NftChain | undefined {
  const table = readText(a.get(nft.NFTA_CHAIN_TABLE));
  const name = readText(a.get(nft.NFTA_CHAIN_NAME));
  const handle = readBe64(a.get(nft.NFTA_CHAIN_HANDLE));
  if (table === undefined || name === undefined || handle === undefined) return undefined;
  const optional = {
    base: readBase(family, a),
    comment: readComment(a.get(nft.NFTA_CHAIN_USERDATA)),
  };
  return { family, table, name, handle, ...present(optional) };
}

function readBase(family: NftFamily, a: Attributes): NftBase | undefined {
  const hook = a.get(nft.NFTA_CHAIN_HOOK);
  if (!hook) return undefined;
  const attributes = readAttributes(hook);
  const number = readBe32(attributes.get(nft.NFTA_HOOK_HOOKNUM));
  const priority = readSignedBe32(attributes.get(nft.NFTA_HOOK_PRIORITY));
  if (number === undefined || priority === undefined) return undefined;
  const counters = a.get(nft.NFTA_CHAIN_COUNTERS);
  const device = readText(attributes.get(nft.NFTA_HOOK_DEV));
  const list = attributes.get(nft.NFTA_HOOK_DEVS);
  const devices = list
    ? attributeList(list).flatMap(({ type, value }) =>
        type === nft.NFTA_DEVICE_NAME ? (readText(value) ?? []) : [],
      )
    : device === undefined
      ? undefined
      : [device];
  return {
    type: readText(a.get(nft.NFTA_CHAIN_TYPE)) ?? 'filter',
    hook: hookWord(family, number),
    priority,
    policy: readBe32(a.get(nft.NFTA_CHAIN_POLICY)) === nf.NF_DROP ? 'drop' : 'accept',
    ...present({ counter: counters && readCounter(readAttributes(counters)), devices }),
  };
}

function readRuleKey(a: Attributes): Pick<NftRule, 'table' | 'chain' | 'handle'> | undefined {
  const table = readText(a.get(nft.NFTA_RULE_TABLE));
  const chain = readText(a.get(nft.NFTA_RULE_CHAIN));
  const handle = readBe64(a.get(nft.NFTA_RULE_HANDLE));
  if (table === undefined || chain === undefined || handle === undefined) return undefined;
  return { table, chain, handle };
}

function readRule(family: NftFamily, a: Attributes): NftRule | undefined {
  const key = readRuleKey(a);
  if (!key) return undefined;
  const expressions = readExpressions(a.get(nft.NFTA_RULE_EXPRESSIONS));
  const comment = readComment(a.get(nft.NFTA_RULE_USERDATA)) ?? extensionComment(expressions);
  const optional = { compat: readCompat(a.get(nft.NFTA_RULE_COMPAT)), comment };
  return { family, ...key, expressions, ...present(optional) };
}

function readCompat(bytes: Buffer | undefined): NftRule['compat'] {
  if (!bytes) return undefined;
  const attributes = readAttributes(bytes);
  const protocol = readBe32(attributes.get(nft.NFTA_RULE_COMPAT_PROTO));
  const flags = readBe32(attributes.get(nft.NFTA_RULE_COMPAT_FLAGS)) ?? 0;
  if (protocol === undefined) return undefined;
  return { protocol, inverted: (flags & nft.NFT_RULE_COMPAT_F_INV) !== 0 };
}

/** iptables keeps comments in a match whose struct is just the text. */
function extensionComment(expressions: readonly NftExpression[]): string | undefined {
  for (const expression of expressions) {
    if (expression.type !== 'match' || expression.name !== 'comment') continue;
    return readText(Buffer.from(expression.info, 'hex'));
  }
  return undefined;
}
