import {
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
} from './constants.ts';
import { readAttributes, readS32, readText, readU32, type Message } from './message.ts';

/** What netlink itself says, in every family: a request is acknowledged or refused, a dump ends. */
export interface Control {
  /** `error` with errno 0 acknowledges. `done` ends a dump; its errno tells that it broke off. */
  kind: 'error' | 'done';
  errno: number;
  /** The kernel's own explanation (extended acknowledgement), where it gave one. */
  detail?: string;
  /** Where in the request, counted from its header, the attribute is that it refused. */
  offset?: number;
}

/** Undefined when the message is not a control message, or cut. */
export function readControl({ header, payload }: Message): Control | undefined {
  if (header.type !== NLMSG_ERROR && header.type !== NLMSG_DONE) return undefined;
  const number = readS32(payload.subarray(0, 4));
  if (header.type === NLMSG_DONE) {
    const told = number === undefined ? {} : extended(header.flags, payload, 4);
    return { kind: 'done', errno: Math.max(0, -(number ?? 0)), ...told };
  }
  if (number === undefined) return undefined;
  // struct nlmsgerr: negative errno, then the refused request, cut to its header if capped.
  const capped = (header.flags & NLM_F_CAPPED) !== 0 || payload.length < 8;
  const request = capped ? 16 : payload.readUInt32LE(4);
  const told = extended(header.flags, payload, 4 + request);
  return { kind: 'error', errno: Math.max(0, -number), ...told };
}

function extended(flags: number, payload: Buffer, at: number): Pick<Control, 'detail' | 'offset'> {
  if ((flags & NLM_F_ACK_TLVS) === 0 || at > payload.length) return {};
  const attributes = readAttributes(payload, at);
  const text = readText(attributes.get(NLMSGERR_ATTR_MSG));
  const offset = readU32(attributes.get(NLMSGERR_ATTR_OFFS));
  return {
    ...(text !== undefined && text !== '' && { detail: text }),
    ...(offset !== undefined && { offset }),
  };
}
