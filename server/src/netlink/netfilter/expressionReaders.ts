import { readNested, readText, type Attributes } from '../message.ts';
import { readCounter, readData } from './data.ts';
import { bitWords, present, readBe16, readBe32, readBe64, readHex, readU8 } from './nfnetlink.ts';
import * as nft from './nftConstants.ts';
import type { NftExpression } from './nftTypes.ts';
import * as words from './nftWords.ts';

type Reader = (attributes: Attributes) => NftExpression | undefined;

const register = (attributes: Attributes, type: number) => readBe32(attributes.get(type));
const value = (attributes: Attributes, type: number) =>
  readHex(readNested(attributes, type).get(nft.NFTA_DATA_VALUE));

const comparisons = ['eq', 'neq', 'lt', 'lte', 'gt', 'gte'];
const bitwiseOps = ['bool', 'lshift', 'rshift', 'and', 'or', 'xor'];
const payloadBases = ['link', 'network', 'transport', 'inner', 'tunnel'];

/** By the name of the expression; undefined when its attributes are malformed. */
export const expressionReaders: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'meta',
    (a) => {
      const key = readBe32(a.get(nft.NFTA_META_KEY));
      if (key === undefined) return undefined;
      const registers = {
        dreg: register(a, nft.NFTA_META_DREG),
        sreg: register(a, nft.NFTA_META_SREG),
      };
      return { type: 'meta', key: words.wordAt(words.metaWords, key), ...present(registers) };
    },
  ],
  [
    'payload',
    (a) => {
      const base = readBe32(a.get(nft.NFTA_PAYLOAD_BASE));
      const offset = readBe32(a.get(nft.NFTA_PAYLOAD_OFFSET));
      const length = readBe32(a.get(nft.NFTA_PAYLOAD_LEN));
      if (base === undefined || offset === undefined || length === undefined) return undefined;
      const registers = {
        dreg: register(a, nft.NFTA_PAYLOAD_DREG),
        sreg: register(a, nft.NFTA_PAYLOAD_SREG),
      };
      const where = { base: words.wordAt(payloadBases, base), offset, length };
      return { type: 'payload', ...where, ...present(registers) };
    },
  ],
  [
    'cmp',
    (a) => {
      const op = readBe32(a.get(nft.NFTA_CMP_OP));
      const sreg = register(a, nft.NFTA_CMP_SREG);
      const data = value(a, nft.NFTA_CMP_DATA);
      if (op === undefined || sreg === undefined || data === undefined) return undefined;
      return { type: 'cmp', op: words.wordAt(comparisons, op), sreg, data };
    },
  ],
  [
    'range',
    (a) => {
      const op = readBe32(a.get(nft.NFTA_RANGE_OP));
      const sreg = register(a, nft.NFTA_RANGE_SREG);
      const from = value(a, nft.NFTA_RANGE_FROM_DATA);
      const to = value(a, nft.NFTA_RANGE_TO_DATA);
      if (op === undefined || sreg === undefined) return undefined;
      if (from === undefined || to === undefined) return undefined;
      return { type: 'range', op: words.wordAt(comparisons, op), sreg, from, to };
    },
  ],
  [
    'bitwise',
    (a) => {
      const sreg = register(a, nft.NFTA_BITWISE_SREG);
      const dreg = register(a, nft.NFTA_BITWISE_DREG);
      const length = readBe32(a.get(nft.NFTA_BITWISE_LEN));
      if (sreg === undefined || dreg === undefined || length === undefined) return undefined;
      const op = words.wordAt(bitwiseOps, readBe32(a.get(nft.NFTA_BITWISE_OP)) ?? 0);
      const operands = {
        mask: value(a, nft.NFTA_BITWISE_MASK),
        xor: value(a, nft.NFTA_BITWISE_XOR),
        data: value(a, nft.NFTA_BITWISE_DATA),
      };
      return { type: 'bitwise', op, sreg, dreg, length, ...present(operands) };
    },
  ],
  [
    'byteorder',
    (a) => {
      const sreg = register(a, nft.NFTA_BYTEORDER_SREG);
      const dreg = register(a, nft.NFTA_BYTEORDER_DREG);
      const op = readBe32(a.get(nft.NFTA_BYTEORDER_OP));
      const length = readBe32(a.get(nft.NFTA_BYTEORDER_LEN));
      const size = readBe32(a.get(nft.NFTA_BYTEORDER_SIZE));
      if (sreg === undefined || dreg === undefined || op === undefined) return undefined;
      if (length === undefined || size === undefined) return undefined;
      return {
        type: 'byteorder',
        op: words.wordAt(['ntoh', 'hton'], op),
        sreg,
        dreg,
        length,
        size,
      };
    },
  ],
  [
    'immediate',
    (a) => {
      const dreg = register(a, nft.NFTA_IMMEDIATE_DREG);
      const data = readData(a.get(nft.NFTA_IMMEDIATE_DATA));
      return dreg === undefined || !data ? undefined : { type: 'immediate', dreg, ...data };
    },
  ],
  [
    'counter',
    (a) => {
      const counter = readCounter(a);
      return counter && { type: 'counter', ...counter };
    },
  ],
  [
    'nat',
    (a) => {
      const type = readBe32(a.get(nft.NFTA_NAT_TYPE));
      const family = words.familyWord(readBe32(a.get(nft.NFTA_NAT_FAMILY)));
      if ((type !== 0 && type !== 1) || family === undefined) return undefined;
      const registers = {
        addressMin: register(a, nft.NFTA_NAT_REG_ADDR_MIN),
        addressMax: register(a, nft.NFTA_NAT_REG_ADDR_MAX),
        portMin: register(a, nft.NFTA_NAT_REG_PROTO_MIN),
        portMax: register(a, nft.NFTA_NAT_REG_PROTO_MAX),
      };
      const flags = natFlags(a, nft.NFTA_NAT_FLAGS);
      const nat = type === 0 ? 'snat' : 'dnat';
      return { type: 'nat', nat, family, ...present(registers), flags };
    },
  ],
  [
    'masq',
    (a) => {
      const ports = {
        portMin: register(a, nft.NFTA_MASQ_REG_PROTO_MIN),
        portMax: register(a, nft.NFTA_MASQ_REG_PROTO_MAX),
      };
      return { type: 'masq', ...present(ports), flags: natFlags(a, nft.NFTA_MASQ_FLAGS) };
    },
  ],
  [
    'redir',
    (a) => {
      const ports = {
        portMin: register(a, nft.NFTA_REDIR_REG_PROTO_MIN),
        portMax: register(a, nft.NFTA_REDIR_REG_PROTO_MAX),
      };
      return { type: 'redir', ...present(ports), flags: natFlags(a, nft.NFTA_REDIR_FLAGS) };
    },
  ],
  [
    'ct',
    (a) => {
      const key = readBe32(a.get(nft.NFTA_CT_KEY));
      if (key === undefined) return undefined;
      const way = readU8(a.get(nft.NFTA_CT_DIRECTION));
      const direction: 'original' | 'reply' | undefined =
        way === undefined ? undefined : way === 0 ? 'original' : 'reply';
      const registers = {
        dreg: register(a, nft.NFTA_CT_DREG),
        sreg: register(a, nft.NFTA_CT_SREG),
      };
      const optional = present({ direction, ...registers });
      return { type: 'ct', key: words.wordAt(words.ctWords, key), ...optional };
    },
  ],
  [
    'lookup',
    (a) => {
      const set = readText(a.get(nft.NFTA_LOOKUP_SET));
      const sreg = register(a, nft.NFTA_LOOKUP_SREG);
      if (set === undefined || sreg === undefined) return undefined;
      const dreg = register(a, nft.NFTA_LOOKUP_DREG);
      const flags = readBe32(a.get(nft.NFTA_LOOKUP_FLAGS)) ?? 0;
      const inverted = (flags & nft.NFT_LOOKUP_F_INV) !== 0;
      return { type: 'lookup', set, sreg, ...present({ dreg }), inverted };
    },
  ],
  [
    'dynset',
    (a) => {
      const set = readText(a.get(nft.NFTA_DYNSET_SET_NAME));
      const sreg = register(a, nft.NFTA_DYNSET_SREG_KEY);
      const op = readBe32(a.get(nft.NFTA_DYNSET_OP));
      if (set === undefined || sreg === undefined || op === undefined) return undefined;
      const optional = {
        dataSreg: register(a, nft.NFTA_DYNSET_SREG_DATA),
        timeoutMs: readBe64(a.get(nft.NFTA_DYNSET_TIMEOUT)),
      };
      const word = words.wordAt(['add', 'update', 'delete'], op);
      return { type: 'dynset', op: word, set, sreg, ...present(optional) };
    },
  ],
  [
    'limit',
    (a) => {
      const rate = readBe64(a.get(nft.NFTA_LIMIT_RATE));
      const seconds = readBe64(a.get(nft.NFTA_LIMIT_UNIT));
      if (rate === undefined || seconds === undefined) return undefined;
      const burst = readBe32(a.get(nft.NFTA_LIMIT_BURST)) ?? 0;
      const of = readBe32(a.get(nft.NFTA_LIMIT_TYPE)) === 1 ? 'bytes' : 'packets';
      const flags = readBe32(a.get(nft.NFTA_LIMIT_FLAGS)) ?? 0;
      const inverted = (flags & nft.NFT_LIMIT_F_INV) !== 0;
      return { type: 'limit', rate, seconds, burst, of, inverted };
    },
  ],
  [
    'quota',
    (a) => {
      const bytes = readBe64(a.get(nft.NFTA_QUOTA_BYTES));
      if (bytes === undefined) return undefined;
      const used = readBe64(a.get(nft.NFTA_QUOTA_CONSUMED)) ?? 0;
      const flags = readBe32(a.get(nft.NFTA_QUOTA_FLAGS)) ?? 0;
      return { type: 'quota', bytes, used, inverted: (flags & nft.NFT_QUOTA_F_INV) !== 0 };
    },
  ],
  [
    'log',
    (a) => {
      const level = readBe32(a.get(nft.NFTA_LOG_LEVEL));
      const optional = {
        prefix: readText(a.get(nft.NFTA_LOG_PREFIX)),
        level: level === undefined ? undefined : words.wordAt(words.logLevelWords, level),
        group: readBe16(a.get(nft.NFTA_LOG_GROUP)),
        snaplen: readBe32(a.get(nft.NFTA_LOG_SNAPLEN)),
      };
      return { type: 'log', ...present(optional) };
    },
  ],
  [
    'reject',
    (a) => {
      const type = readBe32(a.get(nft.NFTA_REJECT_TYPE));
      if (type === undefined) return undefined;
      const code = readU8(a.get(nft.NFTA_REJECT_ICMP_CODE));
      return { type: 'reject', with: words.wordAt(rejectWords, type), ...present({ code }) };
    },
  ],
  [
    'objref',
    (a) => {
      const object = readBe32(a.get(nft.NFTA_OBJREF_IMM_TYPE));
      const name = readText(a.get(nft.NFTA_OBJREF_IMM_NAME));
      if (object !== undefined && name !== undefined) {
        return { type: 'objref', object: words.wordAt(words.objectWords, object), name };
      }
      const set = readText(a.get(nft.NFTA_OBJREF_SET_NAME));
      const sreg = register(a, nft.NFTA_OBJREF_SET_SREG);
      if (set === undefined || sreg === undefined) return undefined;
      return { type: 'objref', set, sreg };
    },
  ],
  [
    'fib',
    (a) => {
      const dreg = register(a, nft.NFTA_FIB_DREG);
      const result = readBe32(a.get(nft.NFTA_FIB_RESULT));
      if (dreg === undefined || result === undefined) return undefined;
      const flags = bitWords(readBe32(a.get(nft.NFTA_FIB_FLAGS)) ?? 0, words.fibFlagWords);
      const word = words.wordAt(['unspecified', 'oif', 'oifname', 'type'], result);
      return { type: 'fib', result: word, flags, dreg };
    },
  ],
  ['match', (a) => readExtension('match', a)],
  ['target', (a) => readExtension('target', a)],
]);

const rejectWords = ['icmp', 'tcp reset', 'icmpx'];

const natFlags = (attributes: Attributes, type: number) =>
  bitWords(readBe32(attributes.get(type)) ?? 0, words.natFlagWords);

function readExtension(type: 'match' | 'target', a: Attributes): NftExpression | undefined {
  const name = readText(a.get(nft.NFTA_MATCH_NAME));
  if (name === undefined) return undefined;
  const revision = readBe32(a.get(nft.NFTA_MATCH_REV)) ?? 0;
  return { type, name, revision, info: readHex(a.get(nft.NFTA_MATCH_INFO)) ?? '' };
}
