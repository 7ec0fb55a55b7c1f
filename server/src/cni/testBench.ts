import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromPlain, isJsonObject } from '@cnilab/shared/cni/json';
import { type NetworkList, parseNetwork } from '@cnilab/shared/cni/config';
import { CniError } from '@cnilab/shared/cni/errors';
import { createExec } from './execute.ts';
import { createRuntime } from './runtime.ts';
import type { Observer, RuntimeConf, StepEnd, StepStart } from './types.ts';

/** One call that a scripted plugin wrote down. */
export interface RecordedCall {
  type: string;
  command: string;
  env: Record<string, string>;
  stdin: string;
}

const scripted = fileURLToPath(new URL('../../../test/fixtures/plugins/scripted', import.meta.url));

/** For tests: a folder with plugins `a`, `b` and `c` that do what their configuration says. */
export function createBench() {
  const folder = mkdtempSync(join(tmpdir(), 'cni-'));
  const bin = join(folder, 'bin');
  const cacheDir = join(folder, 'cache');
  const record = join(folder, 'record');
  mkdirSync(bin);
  for (const name of ['a', 'b', 'c']) symlinkSync(scripted, join(bin, name));
  const steps: (StepStart | StepEnd)[] = [];
  const observer: Observer = (step) => {
    steps.push(step);
  };
  const runtime = createRuntime({ exec: createExec(), path: [bin], cacheDir, observer });

  const calls = (): RecordedCall[] =>
    existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n').map(readCall) : [];
  const cacheFile = join(cacheDir, 'results', 'net-pod1-eth0');

  return {
    folder,
    bin,
    cacheDir,
    record,
    steps,
    runtime,
    rt: runtimeConf({}),
    cacheFile,
    /** Puts a file into the cache, by default that of `rt` in `net`. */
    putCache(text: string, name = 'net-pod1-eth0') {
      const path = join(cacheDir, 'results', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    },
    /** A list named `net`; each plugin writes its calls down. */
    list(plugins: Record<string, unknown>[], keys: Record<string, unknown> = {}): NetworkList {
      return parseNetwork(
        fromPlain({
          cniVersion: '1.0.0',
          name: 'net',
          ...keys,
          plugins: plugins.map((plugin) => ({ record, ...plugin })),
        }),
      );
    },
    /** What the plugins wrote down so far, in the order of their runs. */
    calls,
    /** The same in short: `ADD a`. */
    ran: () => calls().map(({ type, command }) => `${command} ${type}`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
export type Bench = ReturnType<typeof createBench>;

/** The CniError that a promise is rejected with. */
export async function refusal(promise: Promise<unknown>): Promise<CniError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CniError)) throw new Error(`no CniError but ${String(error)}`);
  return error;
}

/** Runtime values of an attachment of `pod1`; capability arguments as plain values. */
export function runtimeConf(
  changes: Partial<Omit<RuntimeConf, 'capabilityArgs'>> & { capabilityArgs?: unknown },
): RuntimeConf {
  const capabilityArgs = fromPlain(changes.capabilityArgs ?? {});
  if (!isJsonObject(capabilityArgs)) throw new TypeError('capability arguments are an object');
  return {
    containerId: 'pod1',
    netns: '/run/netns/pod1',
    ifName: 'eth0',
    args: [],
    ...changes,
    capabilityArgs,
  };
}

function readCall(line: string): RecordedCall {
  const call = JSON.parse(line) as Omit<RecordedCall, 'type'>;
  const { type } = JSON.parse(call.stdin) as { type: string };
  return { type, ...call };
}
