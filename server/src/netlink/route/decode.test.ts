import { describe, expect, test } from 'vitest';
import * as os from '../constants.ts';
import { decodeLinkStats } from './linkDecode.ts';
import { replies } from './messages.fixtures.ts';
import {
  message,
  nameAttribute,
  nestedAttribute,
  readMessages,
  textAttribute,
  u16Attribute,
  u32Attribute,
} from '../message.ts';
import * as rt from './constants.ts';
import { decodeMessages } from './decode.ts';
import { isSetRoute } from './route.ts';

/** Without headers, and without what is left out on purpose. */
const told = (base64: string) =>
  decodeMessages(Buffer.from(base64, 'base64'))
    .filter(({ kind }) => kind !== 'other')
    .map((decoded) => ({ ...decoded, header: undefined }));

describe('what the kernel says', () => {
  test('links with their kinds, masters, peers in other namespaces and port settings', () => {
    expect(told(replies.links)).toMatchObject([
      {
        kind: 'link.set',
        link: {
          index: 1,
          name: 'lo',
          kind: 'loopback',
          mac: '00:00:00:00:00:00',
          mtu: 65536,
          up: true,
          state: 'UNKNOWN',
        },
      },
      {
        kind: 'link.set',
        link: {
          index: 2,
          name: 'br0',
          kind: 'bridge',
          mac: '02:00:00:00:00:10',
          mtu: 1500,
          up: true,
          state: 'DOWN',
          bridge: { vlanFiltering: false },
        },
      },
      {
        kind: 'link.set',
        link: {
          index: 3,
          name: 'veth0',
          kind: 'veth',
          mac: '02:00:00:00:00:01',
          mtu: 1500,
          up: true,
          state: 'LOWERLAYERDOWN',
          promiscuous: true,
          master: 2,
          link: 2,
          linkNsid: 5,
          alias: 'to web',
          port: { hairpin: true, isolated: true },
        },
      },
      {
        kind: 'link.set',
        link: {
          index: 4,
          name: 'vx0',
          kind: 'vxlan',
          mac: '02:00:00:00:00:20',
          mtu: 1500,
          up: false,
          state: 'DOWN',
          vxlan: { id: 42, remote: '10.0.0.9' },
        },
      },
      { kind: 'done', errno: 0 },
    ]);
  });

  test('a VLAN link with its id and parent', () => {
    const ifinfo = Buffer.alloc(16);
    ifinfo.writeInt32LE(9, 4);
    ifinfo.writeUInt32LE(rt.IFF_UP, 8);
    const bytes = message(rt.RTM_NEWLINK, 0, [
      ifinfo,
      nameAttribute(rt.IFLA_IFNAME, 'eth0.20'),
      u32Attribute(rt.IFLA_MTU, 1500),
      u32Attribute(rt.IFLA_LINK, 3),
      nestedAttribute(rt.IFLA_LINKINFO, [
        textAttribute(rt.IFLA_INFO_KIND, 'vlan'),
        nestedAttribute(rt.IFLA_INFO_DATA, [u16Attribute(1, 20)]),
      ]),
    ]);
    expect(told(bytes.toString('base64'))).toMatchObject([
      {
        kind: 'link.set',
        link: {
          index: 9,
          name: 'eth0.20',
          kind: 'vlan',
          mtu: 1500,
          up: true,
          state: 'UNKNOWN',
          link: 3,
          vlan: { id: 20 },
        },
      },
    ]);
  });

  test('counters of a link', () => {
    const [link] = readMessages(Buffer.from(replies.loopback, 'base64'));
    expect(link && decodeLinkStats(link.payload)).toEqual({
      index: 1,
      name: 'lo',
      rxPackets: 0,
      txPackets: 0,
      rxBytes: 0,
      txBytes: 0,
      rxErrors: 0,
      txErrors: 0,
      rxDropped: 0,
      txDropped: 0,
      multicast: 0,
      collisions: 0,
    });
    const [notALink] = readMessages(Buffer.from(replies.portDel, 'base64'));
    expect(notALink && decodeLinkStats(notALink.payload)).toBeUndefined();
  });

  test('addresses with scopes, peers and the tentative state', () => {
    expect(told(replies.addresses)).toMatchObject([
      {
        kind: 'address.set',
        address: { index: 1, family: 4, address: '127.0.0.1', prefix: 8, scope: 'host' },
      },
      {
        kind: 'address.set',
        address: { index: 2, family: 4, address: '10.1.0.1', prefix: 16, scope: 'global' },
      },
      {
        kind: 'address.set',
        address: {
          index: 2,
          family: 4,
          address: '10.9.0.1',
          prefix: 32,
          scope: 'global',
          peer: '10.9.0.2',
        },
      },
      {
        kind: 'address.set',
        address: { index: 1, family: 6, address: '::1', prefix: 128, scope: 'host' },
      },
      {
        kind: 'address.set',
        address: {
          index: 2,
          family: 6,
          address: 'fd00:1::1',
          prefix: 64,
          scope: 'global',
          tentative: true,
        },
      },
      { kind: 'done', errno: 0 },
    ]);
  });

  test('routes that somebody set, without the local table', () => {
    const common = { family: 4, table: 254, type: 'unicast', scope: 'global', metric: 0 };
    const byBoot = { ...common, protocol: 'boot' };
    const byKernel = { ...common, protocol: 'kernel', scope: 'link' };
    const routes = decodeMessages(Buffer.from(replies.routes, 'base64')).flatMap((m) =>
      m.kind === 'route.set' && isSetRoute(m.route) ? [m.route] : [],
    );
    expect(routes).toMatchObject([
      {
        ...common,
        to: 'default',
        via: '10.1.0.254',
        dev: 2,
        source: '10.1.0.1',
        protocol: 'static',
      },
      { ...byKernel, to: '10.1.0.0/16', dev: 2, source: '10.1.0.1' },
      {
        ...byBoot,
        to: '10.5.0.0/16',
        via: '10.1.0.7',
        dev: 2,
        nextHops: [
          { via: '10.1.0.7', dev: 2, weight: 1 },
          { via: '10.1.0.8', dev: 2, weight: 1 },
        ],
      },
      { ...byBoot, to: '10.6.0.0/16', via: 'fd00:1::9', dev: 2 },
      { ...byBoot, to: '10.7.0.0/16', type: 'unreachable', metric: 9 },
      { ...byKernel, to: '10.9.0.2/32', dev: 2, source: '10.9.0.1' },
      {
        ...byBoot,
        family: 6,
        table: 1000,
        to: 'fd00:2::/64',
        via: 'fd00:1::9',
        dev: 2,
        metric: 1024,
      },
      { ...byKernel, family: 6, to: 'fd00:1::/64', dev: 2, scope: 'global', metric: 256 },
    ]);
  });

  test('neighbours of both families, without proxy entries', () => {
    const ipv4 = { index: 2, family: 4 };
    const ipv6 = { index: 2, family: 6 };
    expect(told(replies.neighbours)).toMatchObject([
      {
        kind: 'neighbour.set',
        neighbour: { ...ipv4, address: '10.1.0.7', mac: '02:00:00:00:00:77', state: 'PERMANENT' },
      },
      {
        kind: 'neighbour.set',
        neighbour: { ...ipv4, address: '224.0.0.22', mac: '01:00:5e:00:00:16', state: 'NOARP' },
      },
      {
        kind: 'neighbour.set',
        neighbour: { ...ipv6, address: 'fd00:1::7', mac: '02:00:00:00:00:78', state: 'STALE' },
      },
      {
        kind: 'neighbour.set',
        neighbour: { ...ipv6, address: 'ff02::16', mac: '33:33:00:00:00:16', state: 'NOARP' },
      },
      { kind: 'done', errno: 0 },
    ]);
  });

  test('what is gone, and who did it', () => {
    const gone = [replies.linkDel, replies.routeDel, replies.addressDel, replies.neighbourDel].map(
      (base64) => decodeMessages(Buffer.from(base64, 'base64'))[0],
    );
    expect(gone.map((m) => m?.kind)).toEqual([
      'link.del',
      'route.del',
      'address.del',
      'neighbour.del',
    ]);
    expect(gone.map((m) => (m?.header.pid ?? 0) > 0)).toEqual([false, true, true, false]);
  });

  test('a link that leaves its bridge is not taken for a deleted link', () => {
    expect(told(replies.portDel)).toMatchObject([
      { kind: 'port.del', port: { index: 3, master: 2 } },
    ]);
    expect(told(replies.portSet)).toMatchObject([
      {
        kind: 'port.set',
        port: { index: 3, master: 2, port: { hairpin: true, isolated: true } },
      },
    ]);
  });

  test('refusals with the own words of the kernel, and acknowledgements', () => {
    expect(told(replies.unknownKind)).toEqual([
      { kind: 'error', errno: 95, detail: 'Unknown device type' },
    ]);
    expect(told(replies.acknowledged)).toEqual([{ kind: 'error', errno: 0 }]);
  });

  test('whether a route took the place of another', () => {
    const [route] = readMessages(Buffer.from(replies.routes, 'base64'));
    const announced = (flags: number) =>
      told(message(rt.RTM_NEWROUTE, flags, route ? [route.payload] : []).toString('base64'))[0];
    expect(announced(os.NLM_F_REPLACE)).toMatchObject({ kind: 'route.set', replaces: true });
    expect(announced(os.NLM_F_CREATE)).toMatchObject({ kind: 'route.set', replaces: false });
  });
});
