import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNetwork, parseNetworkList, parsePlugin } from '@cnilab/shared/cni/config';
import { convertResult } from '@cnilab/shared/cni/convertResult';
import { decodeResult, parseResult } from '@cnilab/shared/cni/decodeResult';
import { prettyResult, resultText } from '@cnilab/shared/cni/encodeResult';
import { CniError } from '@cnilab/shared/cni/errors';
import { fromPlain } from '@cnilab/shared/cni/json';
import { resultVersions } from '@cnilab/shared/cni/versions';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCachedAttachments, readCachedConfig, readCachedResult } from './cache.ts';
import { outcomeError } from './outcome.ts';
import { createRuntime } from './runtime.ts';
import { refusal, runtimeConf } from './testBench.ts';
import type { Exec } from './types.ts';
import { parseVersionInfo } from './versionInfo.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cni-properties-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Words that the library knows, so that what is made up gets past its first look. */
const keys = [
  ...['cniVersion', 'cniVersions', 'name', 'type', 'plugins', 'capabilities', 'ipam', 'dns'],
  ...['prevResult', 'disableCheck', 'loadOnlyInlinedPlugins', '__proto__', 'TYPE', 'Name'],
  ...['interfaces', 'ips', 'ip4', 'ip6', 'ip', 'routes', 'address', 'gateway', 'gw', 'dst', 'mtu'],
  ...['interface', 'version', 'nameservers', 'search', 'code', 'msg', 'details', 'kind', 'result'],
  ...['config', 'containerId', 'ifName', 'networkName', 'cniArgs', 'capabilityArgs'],
  ...['supportedVersions', 'cni.dev/valid-attachments'],
];
const words = [
  ...resultVersions,
  ...['cniCacheV1', '10.0.0.1/8', '10.0.0.1', 'fd00::1/64', '::ffff:1.2.3.4/120', '1.x', ''],
  ...['true', 'net', 'eth0', 'e30=', '%', '010.0.0.1', '/', '::/0', '4', '6'],
];
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...words),
    fc.constantFrom(null, true, false, 0, -0, 1, 1e21, -1, 1.5, 2 ** 53, 1e308),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.constantFrom(...keys), tie('value')), { maxLength: 8 }).map((entries) => {
      const object: Record<string, unknown> = Object.create(null);
      for (const [key, item] of entries) object[key] = item;
      return object;
    }),
  ),
}));
const object = fc
  .array(fc.tuple(fc.constantFrom(...keys), value), { minLength: 1, maxLength: 10 })
  .map((entries) => JSON.stringify(Object.fromEntries(entries)));
/** Anything: texts of JSON that is nearly right, pieces of them, and any characters. */
const text = fc.oneof(
  { weight: 4, arbitrary: object },
  value.map((any) => JSON.stringify(any)),
  fc.tuple(object, fc.nat()).map(([json, at]) => json.slice(0, at % (json.length + 1))),
  fc.tuple(object, fc.nat(), fc.string()).map(([json, at, more]) => {
    const place = at % (json.length + 1);
    return json.slice(0, place) + more + json.slice(place);
  }),
  fc.constantFrom('{"a":1e999}', '[1e999]', '{"type":"a","x":[{"y":1e999}]}', '['.repeat(2000)),
  fc.string({ unit: 'binary' }),
);
const onlyCniErrors = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CniError);
  }
};
const tries = { numRuns: 1500 };

describe('whatever comes in, only CniErrors come out', () => {
  it.each([
    ['a list', parseNetworkList],
    ['a network', parseNetwork],
    ['a plugin', parsePlugin],
    ['a result', (input: string) => resultText(parseResult(input, '1.0.0'))],
    ['an old result', (input: string) => prettyResult(parseResult(input, '0.2.0'))],
    ['versions', parseVersionInfo],
  ])('of %s', (_what, read) => {
    fc.assert(
      fc.property(text, (input) => onlyCniErrors(() => read(input))),
      tries,
    );
  });

  it('of what a failing plugin prints: the error is given, and not thrown', () => {
    fc.assert(
      fc.property(text, fc.string(), (stdout, stderr) => {
        expect(outcomeError({ stdout, stderr, exit: 1, ms: 0 }, 'a')).toBeInstanceOf(CniError);
      }),
      tries,
    );
  });

  // Many files: a busy disk makes it take seconds.
  it('of a cache file', () => {
    const key = { cacheDir: folder, network: 'n', containerId: 'c', ifName: 'i' };
    const file = join(folder, 'results', 'n-c-i');
    mkdirSync(join(folder, 'results'));
    fc.assert(
      fc.property(text, (input) => {
        writeFileSync(file, input);
        onlyCniErrors(() => readCachedResult(key));
        onlyCniErrors(() => readCachedConfig(key));
        readCachedAttachments(folder);
      }),
      tries,
    );
  }, 60_000);
});

describe('results', () => {
  const result = text.filter((input) => {
    try {
      parseResult(input, '1.0.0');
      return true;
    } catch {
      return false;
    }
  });

  it('are the same again after printing and reading, unless an address is missing (R14)', () => {
    fc.assert(
      fc.property(result, (input) => {
        const first = parseResult(input, '1.0.0');
        const printed = prettyResult(first);
        if (!printed.includes('\\u003cnil\\u003e')) expect(parseResult(printed, '')).toEqual(first);
      }),
      { numRuns: 500 },
    );
  });

  it('are converted to any version, or refused with a CniError; the way up and back keeps them', () => {
    fc.assert(
      fc.property(result, fc.constantFrom(...resultVersions), (input, version) => {
        onlyCniErrors(() => {
          const first = parseResult(input, '1.0.0');
          const converted = convertResult(first, version);
          expect(converted.cniVersion).toBe(version);
          const isSameFamily = decodesAlike(first.cniVersion, version);
          if (isSameFamily) expect(convertResult(converted, first.cniVersion)).toEqual(first);
        });
      }),
      { numRuns: 500 },
    );
  });
});

const families = [
  ['0.1.0', '0.2.0'],
  ['0.3.0', '0.3.1', '0.4.0'],
  ['1.0.0', '1.1.0'],
];
const decodesAlike = (a: string, b: string): boolean =>
  families.some((family) => family.includes(a) && family.includes(b));

describe('a chain', () => {
  it('A5, D2, O2: is balanced after ADD and DEL wherever ADD fails, and its cache is empty', async () => {
    const chain = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(chain, fc.nat(), async (types, place) => {
        const failing = place % (types.length + 1);
        const list = parseNetwork(
          fromPlain({
            cniVersion: '1.0.0',
            name: 'net',
            plugins: types.map((type, id) => ({ type, id, fails: id === failing })),
          }),
        );
        const attached = new Map<number, number>();
        const cacheDir = join(folder, 'cache');
        const runtime = createRuntime({ exec: accounting(attached), path: ['/'], cacheDir });
        const adding = runtime.addNetworkList(list, runtimeConf({}));
        if (failing < types.length) await refusal(adding);
        else await adding;
        expect([...attached.keys()]).toEqual([...types.keys()].slice(0, failing + 1));
        await runtime.delNetworkList(list, runtimeConf({}));
        expect([...attached.values()].every((count) => count === 0)).toBe(true);
        expect(await runtime.getCachedAttachments()).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect(readdirSync(folder).toSorted()).toEqual(['cache']);
  });
});

/** Plugins without processes: each ADD that was begun adds one, a DEL takes all back. */
function accounting(attached: Map<number, number>): Exec {
  return {
    findInPath: (type) => type,
    async execute({ stdin, env }) {
      const { id, fails } = JSON.parse(stdin) as { id: number; fails: boolean };
      const isAdd = env['CNI_COMMAND'] === 'ADD';
      attached.set(id, isAdd ? (attached.get(id) ?? 0) + 1 : 0);
      const exit = isAdd && fails ? 1 : 0;
      return { stdout: decodableResult, stderr: '', exit, ms: 0 };
    },
  };
}
const decodableResult = resultText(decodeResult(new Map(), '1.0.0'));
