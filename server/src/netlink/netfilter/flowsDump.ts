import { NETLINK_NETFILTER } from '../constants.ts';
import { readControl } from '../control.ts';
import { Errno } from '../errno.ts';
import { close } from '../libc.ts';
import { numbered, readAttributes } from '../message.ts';
import { openTransport } from '../netlinkSocket.ts';
import { requestsOver, type Transport } from '../requests.ts';
import { decodeFlow, type Flow } from './conntrack.ts';
import * as ct from './conntrackConstants.ts';
import { nfgenmsgSize, readBe32 } from './nfnetlink.ts';
import { flowsRequest, flowStatisticsRequest } from './requests.ts';

/**
 * The first connections of the network namespace that the calling thread is in, in the kernel's
 * order, which stays the same from one reading to the next. The cost does not grow beyond `limit`.
 * `total` is how many there are; where some were left out it counts those that are about to go.
 */
export function readFlows(limit: number): { flows: Flow[]; total: number } {
  const { fd, ...transport } = openTransport({ protocol: NETLINK_NETFILTER });
  try {
    // Before the dump, of which the rest may stay unread: with that the socket has to go.
    const total = countFlows(transport);
    const { flows, isWhole } = readFirst(transport, limit);
    return { flows, total: isWhole ? flows.length : Math.max(total, flows.length) };
  } finally {
    close(fd);
  }
}

function countFlows(transport: Transport): number {
  const what = 'IPCTNL_MSG_CT_GET_STATS';
  const [answer] = requestsOver(transport).request(what, flowStatisticsRequest());
  const attributes = answer && readAttributes(answer.payload, nfgenmsgSize);
  return readBe32(attributes?.get(ct.CTA_STATS_GLOBAL_ENTRIES)) ?? 0;
}

const dumpSequence = 0x10000;

function readFirst(transport: Transport, limit: number): { flows: Flow[]; isWhole: boolean } {
  const what = 'IPCTNL_MSG_CT_GET';
  const flows: Flow[] = [];
  transport.send(numbered(flowsRequest(), dumpSequence));
  for (;;) {
    for (const message of transport.receive(what, true) ?? []) {
      if (message.header.seq !== dumpSequence) continue;
      const control = readControl(message);
      if (control && control.errno !== 0) throw new Errno(what, control.errno, control.detail);
      if (control) return { flows, isWhole: true };
      const flow = decodeFlow(message);
      if (!flow) continue;
      if (flows.length === limit) return { flows, isWhole: false };
      flows.push(flow);
    }
  }
}
