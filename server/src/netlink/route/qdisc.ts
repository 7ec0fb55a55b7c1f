import { readAttributes, readText } from '../message.ts';
import * as rt from './constants.ts';
import { readFifo, readPfifoFast, type Fifo, type PfifoFast } from './qdiscs/fifo.ts';
import { readFqCodel, type FqCodel } from './qdiscs/fqCodel.ts';
import { readHtb, readHtbClass, type Htb, type HtbClass } from './qdiscs/htb.ts';
import { readNetem, type Netem } from './qdiscs/netem.ts';
import { readStats, type QueueStats } from './qdiscs/stats.ts';
import { readTbf, type Tbf } from './qdiscs/tbf.ts';

/** How packets wait for a link. Of other kinds than those below only the name is told. */
export interface Qdisc {
  /** Interface index. */
  index: number;
  kind: string;
  /** `8001:` */
  handle: string;
  /** `root`, the class it is the leaf of (`1:10`), or `ffff:fff1` (ingress, clsact). */
  parent: string;
  stats?: QueueStats;
  /** Of these, the one of its kind. */
  tbf?: Tbf;
  htb?: Htb;
  fqCodel?: FqCodel;
  netem?: Netem;
  pfifoFast?: PfifoFast;
  fifo?: Fifo;
}

/** A class of a qdisc that has classes. */
export interface TrafficClass {
  index: number;
  kind: string;
  /** `1:10` */
  handle: string;
  /** `1:`, `1:1` or `root`. */
  parent: string;
  /** Handle of the qdisc in it, `10:`. */
  leaf?: string;
  stats?: QueueStats;
  htb?: HtbClass;
}

/** struct tcmsg: family, padding, index, handle, parent, info */
export const tcmsgSize = 20;

export function decodeQdisc(payload: Buffer): Qdisc | undefined {
  const read = common(payload);
  if (!read) return undefined;
  const { options, ...qdisc } = read;
  return { ...qdisc, ...(options && settings(qdisc.kind, options)) };
}

export function decodeClass(payload: Buffer): TrafficClass | undefined {
  const read = common(payload);
  if (!read) return undefined;
  const { options, ...of } = read;
  const leaf = payload.readUInt32LE(16);
  const htb = of.kind === 'htb' && options ? readHtbClass(options) : undefined;
  return { ...of, ...(leaf !== 0 && { leaf: handleText(leaf) }), ...(htb && { htb }) };
}

function common(payload: Buffer) {
  if (payload.length < tcmsgSize) return undefined;
  const attributes = readAttributes(payload, tcmsgSize);
  const kind = readText(attributes.get(rt.TCA_KIND));
  if (kind === undefined) return undefined;
  const told = attributes.get(rt.TCA_STATS2);
  const stats = told && readStats(told);
  return {
    index: payload.readInt32LE(4),
    kind,
    handle: handleText(payload.readUInt32LE(8)),
    parent: handleText(payload.readUInt32LE(12)),
    ...(stats && { stats }),
    options: attributes.get(rt.TCA_OPTIONS),
  };
}

function settings(kind: string, options: Buffer): Partial<Qdisc> {
  switch (kind) {
    case 'tbf':
      return present('tbf', readTbf(options));
    case 'htb':
      return present('htb', readHtb(options));
    case 'fq_codel':
      return { fqCodel: readFqCodel(options) };
    case 'netem':
      return present('netem', readNetem(options));
    case 'pfifo_fast':
      return present('pfifoFast', readPfifoFast(options));
    case 'pfifo':
    case 'bfifo':
      return present('fifo', readFifo(options));
    default:
      return {};
  }
}

const present = <K extends keyof Qdisc>(key: K, value: Qdisc[K] | undefined): Partial<Qdisc> =>
  value === undefined ? {} : { [key]: value };

/** Major and minor number in hexadecimal, as `tc` writes them. */
export function handleText(handle: number): string {
  if (handle === rt.TC_H_ROOT) return 'root';
  const minor = handle & 0xffff;
  return `${(handle >>> 16).toString(16)}:${minor === 0 ? '' : minor.toString(16)}`;
}
