import { expect, test } from 'vitest';
import type { CompiledLab } from '@cnilab/shared/lab/compiled';
import { compile, openBox, type TestBox } from './support/box.ts';
import { ip, type IpLink } from './support/kernel.ts';
import { randomLab, type Random } from './support/randomLab.ts';

/** What a lab is made of, without what is different each time: names of veths, leased addresses. */
async function essence(box: TestBox, { hosts }: CompiledLab): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  for (const host of hosts) {
    // CNI's DEL leaves the bridge of a network whose last pod goes.
    const hasBridge = host.pods.some(({ attachments }) =>
      attachments.some(({ network }) => network === 'net'),
    );
    const targets = [host.name, ...host.pods.map(({ name }) => `${host.name}/${name}`)];
    for (const target of targets) {
      const lines = [...(await links(box, target)), ...(await texts(box, target))];
      seen[target] = lines.filter((line) => hasBridge || !/\bcni0\b/.test(line));
    }
    seen[`${host.name}: files`] = plain(
      await box.sh(
        host.name,
        'find /var/lib/cni /etc/cni /run/netns -type f | grep -v -e last_ -e lock$ || :',
      ),
    );
  }
  return seen;
}

async function links(box: TestBox, target: string): Promise<string[]> {
  const all = await ip<IpLink[]>(box, target, '-d link');
  return all
    .map(({ ifname, mtu, flags, master = '', linkinfo = {} }) =>
      [ifname, linkinfo.info_kind, mtu, flags.includes('UP'), master].join(' ').replace(...veth),
    )
    .toSorted();
}

/** Base chains stay by CNI's design, whatever was there before. */
const rules = `iptables-save -t nat | grep -E '^-A' | grep -v -e 'HOSTPORT-MASQ' -e 'HOSTPORT-SETMARK -m comment' -e 'HOSTPORT-DNAT$'`;

async function texts(box: TestBox, target: string): Promise<string[]> {
  const text = await box.sh(
    target,
    `ip -o addr | awk '$4 !~ /^fe80/ {print $2, $4}'
     ip route show table all | grep -v -e broadcast -e '^local' | sed 's/ linkdown//' || :
     ip -6 route | grep -v fe80 || :
     ${rules} || :`,
  );
  return plain(text);
}

const veth = [/veth[0-9a-f]{8}/g, 'VETH'] as const;

const plain = (text: string): string[] =>
  text
    .replace(...veth)
    .replace(/\b(10\.1[0-2]\.0)\.[0-9]+/g, '$1.N')
    .split('\n')
    .map((line) => line.trim())
    .toSorted();

/** The same numbers each time, so that a failure can be repeated. */
function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

test.each([1, 2, 3])(
  'a lab that was changed again and again is as one that never was (%d)',
  async (seed) => {
    const random = seeded(seed);
    const changed = await openBox();
    for (let round = 0; round < 6; round++) {
      const text = randomLab(random);
      const lab = compile(text);
      const { failures, operations } = await changed.request('apply', { lab: lab });
      expect(failures, text).toEqual([]);
      expect(
        operations.filter(({ ok }) => !ok),
        text,
      ).toEqual([]);
      if (round % 2 === 0) continue;
      const fresh = await openBox();
      await fresh.request('apply', { lab: lab });
      expect(await essence(changed, lab), text).toEqual(await essence(fresh, lab));
      await fresh.stop();
    }
  },
);
