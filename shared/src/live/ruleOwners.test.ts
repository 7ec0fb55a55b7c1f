import { expect, test } from 'vitest';
import type { Table } from './firewall.ts';
import { createNumbering } from './firewallDiff.ts';
import { parseTables } from './iptables.ts';
import { ruleOwners } from './ruleOwners.ts';

/** What the bridge, portmap and firewall plugins of Debian 12 wrote for one pod. */
const saved = String.raw`*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:CNI-ADMIN - [0:0]
:CNI-FORWARD - [0:0]
[0:0] -A FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD
[0:0] -A CNI-FORWARD -m comment --comment "CNI firewall plugin admin overrides" -j CNI-ADMIN
[0:0] -A CNI-FORWARD -d 10.10.0.2/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
[0:0] -A CNI-FORWARD -s 10.10.0.2/32 -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:CNI-89aa4bfc4db8b5a7b00a3357 - [0:0]
:CNI-DN-89aa4bfc4db8b5a7b00a3 - [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-MASQ - [0:0]
:CNI-HOSTPORT-SETMARK - [0:0]
[1:84] -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
[0:0] -A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
[1:40] -A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ
[0:0] -A POSTROUTING -s 10.10.0.2/32 -m comment --comment "name: \"mynet\" id: \"web\"" -j CNI-89aa4bfc4db8b5a7b00a3357
[0:0] -A CNI-89aa4bfc4db8b5a7b00a3357 -d 10.10.0.0/16 -m comment --comment "name: \"mynet\" id: \"web\"" -j ACCEPT
[0:0] -A CNI-89aa4bfc4db8b5a7b00a3357 ! -d 224.0.0.0/4 -m comment --comment "name: \"mynet\" id: \"web\"" -j MASQUERADE
[0:0] -A CNI-DN-89aa4bfc4db8b5a7b00a3 -s 10.10.0.0/16 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK
[0:0] -A CNI-DN-89aa4bfc4db8b5a7b00a3 -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK
[0:0] -A CNI-DN-89aa4bfc4db8b5a7b00a3 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.10.0.2:80
[0:0] -A CNI-DN-89aa4bfc4db8b5a7b00a3 -s 10.10.0.0/16 -d 192.0.2.11/32 -p udp -m udp --dport 5353 -j CNI-HOSTPORT-SETMARK
[0:0] -A CNI-DN-89aa4bfc4db8b5a7b00a3 -s 127.0.0.1/32 -d 192.0.2.11/32 -p udp -m udp --dport 5353 -j CNI-HOSTPORT-SETMARK
[0:0] -A CNI-DN-89aa4bfc4db8b5a7b00a3 -d 192.0.2.11/32 -p udp -m udp --dport 5353 -j DNAT --to-destination 10.10.0.2:53
[0:0] -A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"mynet\" id: \"web\"" -m multiport --dports 8080 -j CNI-DN-89aa4bfc4db8b5a7b00a3
[0:0] -A CNI-HOSTPORT-DNAT -p udp -m comment --comment "dnat name: \"mynet\" id: \"web\"" -m multiport --dports 5353 -j CNI-DN-89aa4bfc4db8b5a7b00a3
[0:0] -A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
[0:0] -A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000
COMMIT
`;
const tables = createNumbering()(parseTables('ip', 'legacy', saved));

/** `CHAIN: plugin container` for each rule that has an owner. */
const owned = (table: Table | undefined, containers?: Map<string, string>): string[] => {
  const owners = table ? ruleOwners(table, containers) : new Map();
  return (table?.chains ?? []).flatMap((chain) =>
    chain.rules.flatMap((rule) => {
      const owner = owners.get(rule.id);
      if (!owner) return [];
      return [[`${chain.name}:`, owner.plugin, owner.containerId].filter(Boolean).join(' ')];
    }),
  );
};

test('rules of a port map and of masquerading have plugin and pod, also where they do not say so', () => {
  const dn = 'CNI-DN-89aa4bfc4db8b5a7b00a3: portmap web';
  expect(owned(tables.find(({ name }) => name === 'nat'))).toEqual([
    'PREROUTING: portmap',
    'OUTPUT: portmap',
    'POSTROUTING: portmap',
    'POSTROUTING: bridge web',
    'CNI-89aa4bfc4db8b5a7b00a3357: bridge web',
    'CNI-89aa4bfc4db8b5a7b00a3357: bridge web',
    ...[dn, dn, dn, dn, dn, dn],
    'CNI-HOSTPORT-DNAT: portmap web',
    'CNI-HOSTPORT-DNAT: portmap web',
    'CNI-HOSTPORT-MASQ: portmap',
    'CNI-HOSTPORT-SETMARK: portmap',
  ]);
});

test('rules of the firewall plugin have the pod whose address they speak of', () => {
  const containers = new Map([['10.10.0.2', 'web']]);
  expect(
    owned(
      tables.find(({ name }) => name === 'filter'),
      containers,
    ),
  ).toEqual([
    'FORWARD: firewall',
    'CNI-FORWARD: firewall',
    'CNI-FORWARD: firewall web',
    'CNI-FORWARD: firewall web',
  ]);
});

test('a rule that somebody writes by hand has no owner', () => {
  const text = '*filter\n:INPUT ACCEPT [0:0]\n[0:0] -A INPUT -s 10.10.0.2 -j DROP\nCOMMIT\n';
  const [table] = createNumbering()(parseTables('ip', 'legacy', text));
  expect(owned(table, new Map([['10.10.0.2', 'web']]))).toEqual([]);
});
