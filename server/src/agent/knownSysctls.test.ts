import { expect, it } from 'vitest';
import type { Netconf } from '../netlink/route/netconf.ts';
import { createKnownSysctls } from './knownSysctls.ts';

const conf = (scope: Netconf['scope'], values: Record<string, number>): Netconf => ({
  family: 4,
  scope,
  values,
});
const nameOf = (index: number) => (index === 2 ? 'eth0' : undefined);
const start = () =>
  createKnownSysctls([
    conf('all', { forwarding: 0, rp_filter: 0 }),
    conf('default', { forwarding: 0, rp_filter: 0 }),
    conf(2, { forwarding: 0, rp_filter: 0 }),
  ]);

it('tells what differs, by the names of sysctls', () => {
  const known = start();
  expect(known.changes(conf(2, { rp_filter: 1, forwarding: 0 }), nameOf)).toEqual([
    { name: 'net.ipv4.conf.eth0.rp_filter', value: '1' },
  ]);
  expect(known.changes(conf(2, { rp_filter: 1 }), nameOf)).toEqual([]);
});

it('tells ip_forward once, though the kernel repeats it for every link', () => {
  const known = start();
  expect(known.changes(conf('all', { forwarding: 1 }), nameOf)).toEqual([
    { name: 'net.ipv4.ip_forward', value: '1' },
  ]);
  expect(known.changes(conf('default', { forwarding: 1 }), nameOf)).toEqual([]);
  expect(known.changes(conf(2, { forwarding: 1 }), nameOf)).toEqual([]);
});

it('tells of a new link only what is not the default', () => {
  const known = start();
  const names = () => 'br0';
  expect(known.changes(conf(7, { forwarding: 0, rp_filter: 2 }), names)).toEqual([
    { name: 'net.ipv4.conf.br0.rp_filter', value: '2' },
  ]);
  known.forget(conf(7, {}));
  expect(known.changes(conf(7, { forwarding: 0, rp_filter: 0 }), names)).toEqual([]);
});

it('says nothing of a link that nobody knows', () => {
  expect(start().changes(conf(9, { rp_filter: 1 }), nameOf)).toEqual([]);
});
