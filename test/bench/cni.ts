import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromPlain } from '@cnilab/shared/cni/json';
import { type NetworkList, parseNetwork } from '@cnilab/shared/cni/config';
import { cniVariables, pluginEnvironment } from '../../server/src/cni/environment.ts';
import { createExec } from '../../server/src/cni/execute.ts';
import { createRuntime } from '../../server/src/cni/runtime.ts';
import { installed } from '../../server/src/root.ts';
import { interleave, median, milliseconds, percentile, way, type Way } from './figures.ts';

/**
 * What the CNI runtime costs beside the plugins that it runs: an ADD over a chain of plugins that
 * do nothing, against the same processes started by hand, and the start of the cnitool command.
 */
export async function benchCni(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cnilab-bench-'));
  try {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const source = installed('test/bench/trivialPlugin.c');
    execFileSync('gcc', ['-static', '-O2', '-o', join(bin, 'trivial'), source]);
    for (const length of [1, 3, 8]) await benchChain(folder, length, Math.ceil(400 / length));
    await benchStartUp(folder, 40);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each ADD is of another container: replacing a cache file costs more than making one. */
const attachment = (containerId: string) => ({
  containerId,
  netns: '/run/netns/bench',
  ifName: 'eth0',
  args: [],
  capabilityArgs: new Map(),
});

async function benchChain(folder: string, length: number, rounds: number): Promise<void> {
  const path = [join(folder, 'bin')];
  const inputs: string[] = [];
  const list = listOf(length);
  const runtime = createRuntime({ exec: createExec(), path, cacheDir: join(folder, 'cache') });
  await runtime.addNetworkList(list, attachment('bench'), {
    observer: (step) => {
      if (step.phase === 'start') inputs.push(step.stdin);
    },
  });

  const plugin = join(folder, 'bin/trivial');
  const env = pluginEnvironment(process.env, cniVariables('ADD', attachment('bench'), path));
  const shell = startShell(folder, inputs, { plugin, env });
  try {
    let count = 0;
    const ours = way(() => runtime.addNetworkList(list, attachment(`bench${count++}`)));
    const spawned = way(async () => {
      for (const input of inputs) await runPlugin(plugin, env, input);
    });
    const looped = way(() => shell.run());
    await interleave(rounds, [ours, spawned, looped]);
    const name = `cni ADD, ${length} plugin${length === 1 ? '' : 's'}`.padEnd(20);
    console.log(
      `${name}   ${summary(ours)}; ${compared(ours, spawned, length)} a spawn from Node ` +
        `(${summary(spawned)}), ${compared(ours, looped, length)} a loop in sh (${summary(looped)})`,
    );
  } finally {
    shell.close();
  }
}

/** Ratio of the medians, and the median of the differences in each round, for each plugin. */
function compared(ours: Way, theirs: Way, length: number): string {
  const extra = median(
    ours.times.map((time, round) => (time - (theirs.times[round] ?? 0)) / length),
  );
  const sign = extra < 0 ? '−' : '+';
  return `${ratio(ours, theirs)} (${sign}${milliseconds(Math.abs(extra))} a plugin)`;
}

const ratio = (ours: Way, theirs: Way): string =>
  `${(median(ours.times) / median(theirs.times)).toFixed(2)} ×`;
const summary = ({ times }: Way): string =>
  `p50 ${milliseconds(median(times))}, p90 ${milliseconds(percentile(times, 0.9))}`;

function listOf(length: number): NetworkList {
  const plugins = Array.from({ length }, () => ({ type: 'trivial' }));
  return parseNetwork(fromPlain({ cniVersion: '1.1.0', name: 'net', plugins }));
}

/** What anybody would write to run a plugin from Node. */
function runPlugin(plugin: string, env: Record<string, string>, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(plugin, [], { env, stdio: 'pipe' });
    let result = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (result += text));
    child.stderr.resume();
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(result) : reject(new Error(`the plugin ended with ${code}`)),
    );
    child.stdin.end(input);
  });
}

/** A shell that runs the chain once for every line that it gets, and answers with a line. */
function startShell(
  folder: string,
  inputs: readonly string[],
  { plugin, env }: { plugin: string; env: Record<string, string> },
) {
  const files = inputs.map((input, index) => {
    const file = join(folder, `stdin.${index}`);
    writeFileSync(file, input);
    return file;
  });
  const script =
    'while read -r _; do for file do result=$("$0" < "$file") || exit 1; done; echo done; done';
  const child = spawn('sh', ['-c', script, plugin, ...files], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return {
    run: () =>
      new Promise<void>((resolve, reject) => {
        const ended = () => reject(new Error('the shell ended: a plugin failed'));
        child.once('exit', ended);
        child.stdout.once('data', () => {
          child.off('exit', ended);
          resolve();
        });
        child.stdin.write('\n');
      }),
    close: () => child.stdin.end(),
  };
}

/** STATUS writes no cache: an ADD of the command would go to this machine's. */
async function benchStartUp(folder: string, rounds: number): Promise<void> {
  const configuration = join(folder, 'net.d');
  mkdirSync(configuration);
  for (const [name, cniVersion] of [
    ['none', '1.0.0'],
    ['one', '1.1.0'],
  ]) {
    const text = JSON.stringify({ cniVersion, name, plugins: [{ type: 'trivial' }] });
    writeFileSync(join(configuration, `${name}.conflist`), text);
  }
  const env = { ...process.env, NETCONFPATH: configuration, CNI_PATH: join(folder, 'bin') };
  const node = (...args: string[]) => runNode(args, env);
  const status = (program: string, network: string) =>
    node(installed(program), 'cnitool', 'status', network, '/run/netns/bench');
  const bare = way(() => node('-e', '0'));
  const help = way(() => node(installed('server/dist/cli.js'), 'cnitool', '--help'));
  const none = way(() => status('server/dist/cli.js', 'none'));
  const one = way(() => status('server/dist/cli.js', 'one'));
  const checked = way(() => status('server/bin/cnilab.mjs', 'none'));
  await interleave(rounds, [bare, help, none, one, checked]);
  console.log(
    `cnitool start-up       ${ratio(help, bare)} node -e 0 for --help, ${ratio(none, bare)} for a status that ` +
      `starts no plugin, ${ratio(one, bare)} for one that starts one; ${ratio(checked, bare)} as cnilab, which ` +
      `looks for changed sources first (node -e 0: ${summary(bare)})`,
  );
}

function runNode(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`node ${args.join(' ')} ended with ${code}`)),
    );
  });
}
