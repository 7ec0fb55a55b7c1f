import { expect, it } from 'vitest';
import { message, readMessages } from '../message.ts';
import { decodeMessages } from './decode.ts';
import { decodeNetconf, netconfListRequest } from './netconf.ts';

/** What `sysctl net.ipv4.conf.eth0.rp_filter=1` makes the kernel send: index 2, RP_FILTER 1. */
const told = Buffer.from('02000000080001000200000008000300' + '01000000', 'hex');

it('names what was set as the sysctl is called', () => {
  expect(decodeNetconf(told)).toEqual({ family: 4, scope: 2, values: { rp_filter: 1 } });
  const all = Buffer.from(told);
  all.writeInt32LE(-1, 8);
  expect(decodeNetconf(all)?.scope).toBe('all');
  all.writeInt32LE(-2, 8);
  expect(decodeNetconf(all)?.scope).toBe('default');
});

it('is one of the messages that are heard', () => {
  expect(decodeMessages(message(80, 0, [told]))).toMatchObject([{ kind: 'netconf.set' }]);
  expect(decodeMessages(message(81, 0, [told]))).toMatchObject([{ kind: 'netconf.del' }]);
});

it('reads nothing from what is cut off or of another family', () => {
  for (let length = 0; length < 12; length++) {
    expect(decodeNetconf(told.subarray(0, length))).toBeUndefined();
  }
  const bridge = Buffer.from(told);
  bridge[0] = 7;
  expect(decodeNetconf(bridge)).toBeUndefined();
});

it('asks for all of one family', () => {
  expect(readMessages(netconfListRequest(6))).toMatchObject([
    { header: { type: 82, flags: 0x301 } },
  ]);
});
