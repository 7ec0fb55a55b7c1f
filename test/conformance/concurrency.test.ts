import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import type { Command } from '../../server/src/cni/types.ts';
import { type Bench, useBench, variable } from './support/bench.ts';
import { refusalOf } from './support/refusal.ts';

// O: calls at the same time. Plugins are real processes; none of these cases waits for a time.

const bench = useBench();
const pods = (count: number) => Array.from({ length: count }, (_, index) => `pod${index}`);
const cached = () => readdirSync(bench.at('cache', 'results')).toSorted();
/** The calls so far: `ADD a pod1`. */
const ran = () =>
  bench
    .calls()
    .map((call) =>
      [variable(call, 'CNI_COMMAND'), call.type, variable(call, 'CNI_CONTAINERID')]
        .join(' ')
        .trim(),
    );

describe('O: many attachments', () => {
  it('O1: 200 at once leave 200 entries, each with its own result', async () => {
    bench.answer('a', 'ADD', {
      run: 'printf \'{"interfaces":[{"name":"%s"}]}\' "$CNI_CONTAINERID"',
    });
    const [runtime, list] = [bench.runtime(), bench.list(['a'])];
    const results = await Promise.all(
      pods(200).map((containerId) => runtime.addNetworkList(list, bench.rt({ containerId }))),
    );
    expect(results).toMatchObject(pods(200).map((name) => ({ interfaces: [{ name }] })));
    const attachments = await runtime.getCachedAttachments();
    expect(attachments.map(({ containerId }) => containerId).toSorted()).toEqual(
      pods(200).toSorted(),
    );
    for (const containerId of pods(200)) {
      expect(
        await runtime.getNetworkListCachedResult(list, bench.rt({ containerId })),
      ).toMatchObject({ interfaces: [{ name: containerId }] });
    }
    expect(ran()).toHaveLength(200);
    expect(readdirSync(bench.at('cache'))).toEqual(['results']);
  }, 60_000);

  it('O1: adding and deleting many at once leaves what was not deleted', async () => {
    const [runtime, list] = [bench.runtime(), bench.list(['a'])];
    await Promise.all(
      pods(40).flatMap((containerId, index) => [
        runtime.addNetworkList(list, bench.rt({ containerId })),
        ...(index % 2 === 0 ? [runtime.delNetworkList(list, bench.rt({ containerId }))] : []),
      ]),
    );
    const odd = pods(40).filter((_, index) => index % 2 === 1);
    expect(cached()).toEqual(odd.map((pod) => `net-${pod}-eth0`).toSorted());
  });

  it('O1: two runtimes on one cache lose no entry either', async () => {
    const list = bench.list(['a']);
    const runtimes = [bench.runtime(), bench.runtime()];
    await Promise.all(
      pods(20).map((containerId, index) =>
        bench.run('ADD', list, bench.rt({ containerId }), runtimes[index % 2]),
      ),
    );
    expect(cached()).toEqual(
      pods(20)
        .map((pod) => `net-${pod}-eth0`)
        .toSorted(),
    );
  });
});

/** Makes a plugin wait, the first time that it gets a command, until `release` is called. */
function holdOnce(on: Bench, type: string, command: Command) {
  execFileSync('mkfifo', [on.at('fifo')]);
  on.answer(type, command, {
    run: 'if [ ! -e "$notes/held" ]; then touch "$notes/held"; read go < "$notes/fifo"; fi',
    stdout: '{}',
  });
  return {
    held: () => vi.waitFor(() => expect(existsSync(on.at('held'))).toBe(true), { timeout: 10_000 }),
    release: () => writeFileSync(on.at('fifo'), 'go\n'),
  };
}

describe('O: one container', () => {
  const second: [command: Command, ran: string[]][] = [
    ['ADD', ['ADD a pod1', 'ADD b pod1']],
    ['CHECK', ['CHECK a pod1', 'CHECK b pod1']],
    ['DEL', ['DEL b pod1', 'DEL a pod1']],
  ];
  it.each(second)(
    'O1: %s waits for the ADD before it, which others do not',
    async (command, after) => {
      const { held, release } = holdOnce(bench, 'a', 'ADD');
      const [runtime, list] = [bench.runtime(), bench.list(['a', 'b'])];
      const first = bench.run('ADD', list, bench.rt({}), runtime);
      await held();
      const later = bench.run(command, list, bench.rt({ ifName: 'eth1' }), runtime);
      // A whole chain of another container comes and goes in between.
      await bench.run('DEL', list, bench.rt({ containerId: 'pod2' }), runtime);
      expect(ran()).toEqual(['ADD a pod1', 'DEL b pod2', 'DEL a pod2']);
      release();
      await Promise.all([first, later]);
      expect(ran().slice(3)).toEqual(['ADD b pod1', ...after]);
    },
  );

  it('O1: calls run in the order in which they were made', async () => {
    const [runtime, list] = [bench.runtime(), bench.list(['a'])];
    const commands = ['ADD', 'CHECK', 'DEL', 'ADD', 'ADD', 'DEL', 'DEL', 'CHECK'] as const;
    await Promise.all(commands.map((command) => bench.run(command, list, bench.rt({}), runtime)));
    expect(ran()).toEqual(commands.map((command) => `${command} a pod1`));
  });

  it('O1: a failure lets the next one go on', async () => {
    bench.answer('a', 'ADD', { exit: 1 });
    const [runtime, list] = [bench.runtime(), bench.list(['a'])];
    const failing = refusalOf(() => bench.run('ADD', list, bench.rt({}), runtime));
    const deleting = bench.run('DEL', list, bench.rt({}), runtime);
    await Promise.all([failing, deleting]);
    expect(ran()).toEqual(['ADD a pod1', 'DEL a pod1']);
  });
});

describe('O: GC', () => {
  it('O1: waits for the calls before it, and those after it wait for GC', async () => {
    const { held, release } = holdOnce(bench, 'a', 'ADD');
    const [runtime, list] = [bench.runtime(), bench.list(['a'], { cniVersion: '1.1.0' })];
    const adding = bench.run('ADD', list, bench.rt({}), runtime);
    await held();
    const collecting = runtime.gcNetworkList(list);
    const deleting = bench.run('DEL', list, bench.rt({ containerId: 'pod2' }), runtime);
    // STATUS is about no container: it waits for nobody.
    await bench.run('STATUS', list, bench.rt({}), runtime);
    expect(ran()).toEqual(['ADD a pod1', 'STATUS a']);
    release();
    await Promise.all([adding, collecting, deleting]);
    expect(ran().slice(2)).toEqual(['DEL a pod1', 'GC a', 'DEL a pod2']);
    expect(cached()).toEqual([]);
  });

  it('O1: an ADD after it is not collected', async () => {
    const { held, release } = holdOnce(bench, 'a', 'GC');
    const [runtime, list] = [bench.runtime(), bench.list(['a'], { cniVersion: '1.1.0' })];
    await bench.run('ADD', list, bench.rt({ containerId: 'old' }), runtime);
    const collecting = runtime.gcNetworkList(list);
    await held();
    const adding = bench.run('ADD', list, bench.rt({}), runtime);
    await bench.run('STATUS', list, bench.rt({}), runtime);
    release();
    await Promise.all([collecting, adding]);
    expect(ran()).toEqual(['ADD a old', 'DEL a old', 'GC a', 'STATUS a', 'ADD a pod1']);
    expect(cached()).toEqual(['net-pod1-eth0']);
  });
});

describe('O: the life of an attachment', () => {
  const positions = ['a', 'b', 'c'] as const;
  it.each(positions)(
    'O2, A5: ADD that fails at %s, then DEL twice, leaves nothing',
    async (failing) => {
      // Each plugin takes note of what it holds; one that fails may have done half of its work.
      for (const type of positions) {
        const note = `echo + >> "$notes/${type}.held"`;
        const fails = type === failing;
        bench.answer(type, 'ADD', { run: note, ...(fails ? { exit: 1 } : { stdout: '{}' }) });
        bench.answer(type, 'DEL', { run: `rm -f "$notes/${type}.held"` });
      }
      const list = bench.list([...positions]);
      const error = await refusalOf(() => bench.run('ADD', list));
      expect(error.plugin).toBe(failing);
      const holding = () => readdirSync(bench.at()).filter((name) => name.endsWith('.held'));
      expect(holding()).toEqual(
        positions.slice(0, positions.indexOf(failing) + 1).map((type) => `${type}.held`),
      );
      await bench.run('DEL', list);
      expect(holding()).toEqual([]);
      await bench.run('DEL', list);
      expect(existsSync(bench.at('cache'))).toBe(false);
    },
  );

  it('O3: GC takes an attachment down with the list of now', async () => {
    await bench.run('ADD', bench.list(['a'], { cniVersion: '1.0.0' }));
    await bench.run('GC', bench.list(['b', 'c'], { cniVersion: '0.4.0' }));
    expect(ran()).toEqual(['ADD a pod1', 'DEL c pod1', 'DEL b pod1']);
    expect(readFileSync(bench.at('calls'), 'utf8').split('\n')).toHaveLength(4);
  });
});
