import { explainRule, parseTables, ruleComment } from '@cnilab/shared/live/iptables';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseNftRules, savedTables, type Runner } from './firewallTexts.ts';
import type { Space } from './space.ts';

/** What the bridge, portmap and firewall plugins of Debian 12 left on a machine. */
const fixture = (name: string): string =>
  readFileSync(new URL(`../../../test/fixtures/iptables/${name}`, import.meta.url), 'utf8');
const saved4 = fixture('bridge-portmap-firewall.ip.txt');
const saved6 = fixture('bridge-portmap-firewall.ip6.txt');

const space: Space = {
  id: 'node1',
  kind: 'host',
  host: 'node1',
  net: -1,
  mnt: -1,
  uts: -1,
  nsid: -1,
  environment: {},
};

/** A runner that answers with the output recorded for a program; one without output is missing. */
const recorded =
  (outputs: Record<string, string>): Runner =>
  (_space, argv) => {
    const stdout = outputs[argv[0] ?? ''];
    const base = { stderr: '', timedOut: false };
    return Promise.resolve(
      stdout === undefined
        ? { ...base, exit: null, stdout: '', failure: 'spawn ENOENT' }
        : { ...base, exit: 0, stdout },
    );
  };

describe('rules that plugins write', () => {
  const tables = [
    ...parseTables('ip', 'nf_tables', saved4),
    ...parseTables('ip6', 'nf_tables', saved6),
  ];
  const rules = tables.flatMap((table) => table.chains.flatMap((chain) => chain.rules));

  test('are all read, as iptables-save printed them', () => {
    const printed = `${saved4}${saved6}`
      .split('\n')
      .filter((line) => line.startsWith('['))
      .map((line) => line.replace(/^\S+ /, ''));
    expect(printed.length).toBeGreaterThan(30);
    expect(rules.map((rule) => rule.text)).toEqual(printed);
  });

  test('stand in the chains that they name', () => {
    for (const chain of tables.flatMap((table) => table.chains)) {
      for (const rule of chain.rules) expect(rule.text.split(' ')[1]).toBe(chain.name);
    }
  });

  test('are all explained without falling back to their own words', () => {
    for (const rule of rules) expect(explainRule(rule.text)).not.toMatch(/matching|handed/);
  });

  test('name the attachment that they were made for', () => {
    const owners = rules
      .map((rule) => ruleComment(rule.text))
      .filter((comment) => comment.network !== undefined);
    expect(owners.length).toBe(10);
    for (const owner of owners) expect(owner).toEqual({ network: 'mynet', containerId: 'web' });
  });

  test('keep policy, counters and warnings apart', () => {
    const [filter, nat] = parseTables('ip', 'nf_tables', fixture('legacy-beside-nft.ip.txt'));
    expect(filter?.chains.find((chain) => chain.name === 'FORWARD')?.policy).toBe('DROP');
    expect(ruleComment(nat?.chains[3]?.rules[0]?.text ?? '')).toEqual({});
    expect(nat?.chains.map((chain) => chain.rules.length)).toEqual([0, 0, 0, 1]);
  });
});

describe('saved tables', () => {
  const names = async (backend: 'nf_tables' | 'legacy', outputs: Record<string, string>) =>
    (await savedTables(space, 'ip', backend, recorded(outputs)))?.map(({ name }) => name);

  test('come from the program of the packet filter, or from the one that a plain name means', async () => {
    expect(await names('nf_tables', { 'iptables-nft-save': saved4 })).toEqual(['filter', 'nat']);
    expect(await names('nf_tables', { 'iptables-save': saved4 })).toEqual(['filter', 'nat']);
    const legacy = saved4.replaceAll(' (nf_tables)', '');
    expect(await names('legacy', { 'iptables-save': legacy })).toEqual(['filter', 'nat']);
  });

  test('are not taken from the program of the other packet filter', async () => {
    expect(await names('legacy', { 'iptables-save': saved4 })).toBeUndefined();
    const legacy = saved4.replaceAll(' (nf_tables)', '');
    expect(await names('nf_tables', { 'iptables-save': legacy })).toBeUndefined();
    expect(await names('nf_tables', {})).toBeUndefined();
  });
});

test('rules in the words of nft are read with their handles, without their counters', () => {
  const output = `table inet own { # handle 7
\tset hosts { # handle 1
\t\ttype ipv4_addr
\t\telements = { 192.0.2.1 }
\t}

\tchain in { # handle 2
\t\tcomment "first"
\t\ttype filter hook input priority filter; policy accept;
\t\tip saddr @hosts counter packets 12 bytes 840 drop # handle 4
\t\ttcp dport { 80,
\t\t\t    443 } accept comment "web # handle 9" # handle 5
\t}
}
`;
  expect([...parseNftRules(output)]).toEqual([
    [4, 'ip saddr @hosts counter drop'],
    [5, 'tcp dport { 80, 443 } accept comment "web # handle 9"'],
  ]);
});
