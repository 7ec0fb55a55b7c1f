import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { openBox } from './support/box.ts';
import { usePlugins } from './support/plugins.ts';

const recorder = fileURLToPath(new URL('../../examples/plugins/recorder.mjs', import.meta.url));

/** As examples/plugins/README.md tells it. */
async function build(source: string, file: string): Promise<void> {
  const bundle = await rolldown({ input: source, platform: 'node' });
  await bundle.write({ file, format: 'cjs' });
  await bundle.close();
  chmodSync(file, 0o755);
}

test('a plugin in JavaScript records every call that a lab makes, and passes the result on', async () => {
  await build(recorder, join(usePlugins({}), 'recorder'));
  const box = await openBox();
  const lab = (pods: string) => `
cnilab: 1
name: recorded
hosts:
  - name: node1
    networks:
      - cniVersion: 1.0.0
        name: net
        plugins:
          - {type: bridge, bridge: net0, ipam: {type: host-local, subnet: 10.1.0.0/24}}
          - {type: recorder, note: kept}
    pods: [${pods}]
`;
  const { ok, operations } = await box.apply(lab('{name: web, attachments: [{network: net}]}'));
  expect(ok).toBe(true);
  expect(operations[0]?.steps[1]?.stdout).toContain('10.1.0.2/24');
  await box.request('operate', { op: 'CHECK', host: 'node1', pod: 'web' });
  await box.request('operate', { op: 'GC', host: 'node1' });
  expect((await box.apply(lab(''))).ok).toBe(true);

  const lines = (await box.sh('node1', 'cat /var/lib/cni/recorder.jsonl')).split('\n');
  const calls: { command: string; containerId: string; config: object }[] = lines.map((line) =>
    JSON.parse(line),
  );
  expect(calls.map(({ command, containerId }) => `${command} ${containerId}`)).toEqual([
    ...['ADD web', 'CHECK web', 'DEL web'],
  ]);
  for (const { config } of calls) {
    expect(config).toMatchObject({
      ...{ name: 'net', note: 'kept' },
      prevResult: { ips: [{ address: '10.1.0.2/24' }] },
    });
  }
});
