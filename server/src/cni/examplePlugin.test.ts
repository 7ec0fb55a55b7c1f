import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, createBench, refusal } from './testBench.ts';

const source = fileURLToPath(new URL('../../../examples/plugins/recorder.mjs', import.meta.url));

let bench: Bench;
let log: string;
beforeAll(async () => {
  bench = createBench();
  log = join(bench.folder, 'log');
  const bundle = await rolldown({ input: source, platform: 'node' });
  const file = join(bench.bin, 'recorder');
  await bundle.write({ file, format: 'cjs' });
  await bundle.close();
  chmodSync(file, 0o755);
});
afterAll(() => bench.remove());

const lines = () =>
  readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { command: string; config: Record<string, unknown> });

describe('the example plugin, a single file', () => {
  it('N1–N9, A2: works in any place of a chain, and writes down every call', async () => {
    const list = bench.list(
      [{ type: 'recorder', log }, { type: 'a' }, { type: 'recorder', log, capabilities: {} }],
      { cniVersion: '1.1.0' },
    );
    const { runtime, rt } = bench;
    expect(await runtime.validateNetworkList(withoutScripted(list))).toEqual([]);
    const result = await runtime.addNetworkList(list, rt);
    expect(result).toMatchObject({ cniVersion: '1.1.0', interfaces: [] });
    await runtime.checkNetworkList(list, rt);
    await runtime.getStatusNetworkList(list);
    await runtime.gcNetworkList(list, { validAttachments: [rt] });
    await runtime.delNetworkList(list, rt);
    const twice = (...commands: string[]) => commands.flatMap((command) => [command, command]);
    expect(lines().map(({ command }) => command)).toEqual(
      twice('ADD', 'CHECK', 'STATUS', 'GC', 'DEL'),
    );
    expect(lines()[1]?.config).toMatchObject({ name: 'net', prevResult: { cniVersion: '1.1.0' } });
  }, 30_000);

  it('N5: refuses a version that it does not take', async () => {
    const list = bench.list([{ type: 'recorder', log }], { cniVersion: '0.2.0' });
    const error = await refusal(bench.runtime.addNetworkList(list, bench.rt));
    expect(error).toMatchObject({ code: 1, msg: 'incompatible CNI versions', plugin: 'recorder' });
  });
});

/** The scripted plugins answer no VERSION. */
const withoutScripted = (list: ReturnType<Bench['list']>) => ({
  ...list,
  plugins: list.plugins.filter(({ type }) => type === 'recorder'),
});
