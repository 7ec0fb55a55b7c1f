import {
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
} from '../constants.ts';
import { attribute, message, nameAttribute } from '../message.ts';
import * as rt from './constants.ts';
import { acknowledged } from './linkRequests.ts';
import { tcmsgSize } from './qdisc.ts';
import { writeFifo, type Fifo } from './qdiscs/fifo.ts';
import { writeFqCodel, type FqCodel } from './qdiscs/fqCodel.ts';
import { writeHtb, writeHtbClass, type Htb, type HtbClassSpec } from './qdiscs/htb.ts';
import { writeNetem, type Netem } from './qdiscs/netem.ts';
import { writeTbf, type TbfSpec } from './qdiscs/tbf.ts';
import { SpecError } from './values.ts';

/** Requests to rtnetlink about traffic control as bytes. */

export type QdiscSpec = {
  /** `1:`; chosen by the kernel unless given. */
  handle?: string;
  /** `root` unless given; `ffff:fff1` for ingress and clsact. */
  parent?: string;
} & (
  | { kind: 'tbf'; tbf: TbfSpec }
  | { kind: 'htb'; htb?: Partial<Htb> }
  | { kind: 'fq_codel'; fqCodel?: FqCodel }
  | { kind: 'netem'; netem: Partial<Omit<Netem, 'lossModel'>> }
  | { kind: 'pfifo' | 'bfifo'; fifo?: Fifo }
  | { kind: 'pfifo_fast' | 'noqueue' | 'ingress' | 'clsact' }
);

export interface ClassSpec {
  /** `1:10` */
  handle: string;
  /** `1:` or `1:1` */
  parent: string;
  kind: 'htb';
  htb: HtbClassSpec;
}

type Operation = 'add' | 'replace' | 'change';

const operationFlags = {
  add: acknowledged | NLM_F_CREATE | NLM_F_EXCL,
  replace: acknowledged | NLM_F_CREATE | NLM_F_REPLACE,
  change: acknowledged,
};

export function qdiscRequest(operation: Operation, index: number, spec: QdiscSpec): Buffer {
  const atIngress = spec.kind === 'ingress' || spec.kind === 'clsact';
  const handle = spec.handle ?? (atIngress ? 'ffff:' : undefined);
  const parent = spec.parent ?? (atIngress ? 'ffff:fff1' : 'root');
  const options = optionsOf(spec);
  return message(rt.RTM_NEWQDISC, operationFlags[operation], [
    tcmsg(index, handle, parent),
    nameAttribute(rt.TCA_KIND, spec.kind),
    ...(options ? [attribute(rt.TCA_OPTIONS, options)] : []),
  ]);
}

/** `parent` as in QdiscSpec. */
export const qdiscDelRequest = (index: number, parent = 'root'): Buffer =>
  message(rt.RTM_DELQDISC, acknowledged, [
    tcmsg(index, parent === 'ffff:fff1' ? 'ffff:' : undefined, parent),
  ]);

export const classRequest = (operation: Operation, index: number, spec: ClassSpec): Buffer =>
  message(rt.RTM_NEWTCLASS, operationFlags[operation], [
    tcmsg(index, spec.handle, spec.parent),
    nameAttribute(rt.TCA_KIND, spec.kind),
    attribute(rt.TCA_OPTIONS, writeHtbClass(spec.htb)),
  ]);

export const classDelRequest = (index: number, handle: string): Buffer =>
  message(rt.RTM_DELTCLASS, acknowledged, [tcmsg(index, handle, '0:')]);

/** Of all links: the kernel does not narrow it. */
export const qdiscListRequest = (): Buffer =>
  message(rt.RTM_GETQDISC, NLM_F_REQUEST | NLM_F_DUMP, [tcmsg(0, undefined, '0:')]);

export const classListRequest = (index: number): Buffer =>
  message(rt.RTM_GETTCLASS, NLM_F_REQUEST | NLM_F_DUMP, [tcmsg(index, undefined, '0:')]);

/** Undefined where the kind has none: `tc` then sends none, either. */
function optionsOf(spec: QdiscSpec): Buffer | undefined {
  switch (spec.kind) {
    case 'tbf':
      return writeTbf(spec.tbf);
    case 'htb':
      return writeHtb(spec.htb ?? {});
    case 'fq_codel':
      return writeFqCodel(spec.fqCodel ?? {});
    case 'netem':
      return writeNetem(spec.netem);
    case 'pfifo':
    case 'bfifo':
      return spec.fifo && writeFifo(spec.fifo);
    default:
      return undefined;
  }
}

function tcmsg(index: number, handle: string | undefined, parent: string): Buffer {
  const bytes = Buffer.alloc(tcmsgSize);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(handle === undefined ? 0 : handleNumber(handle), 8);
  bytes.writeUInt32LE(handleNumber(parent), 12);
  return bytes;
}

/** `1:`, `1:10`, `root`: numbers in hexadecimal, as `tc` takes them. */
export function handleNumber(text: string): number {
  if (text === 'root') return rt.TC_H_ROOT;
  const [, major, minor] = /^([0-9a-f]{1,4}):([0-9a-f]{0,4})$/.exec(text) ?? [];
  if (major === undefined) throw new SpecError(`"${text}" is not a handle such as 1: or 1:10`);
  return ((parseInt(major, 16) << 16) | parseInt(minor || '0', 16)) >>> 0;
}
