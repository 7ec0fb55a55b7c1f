import type { NetworkList } from '@cnilab/shared/cni/config';
import { prettyResult } from '@cnilab/shared/cni/encodeResult';
import { libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { splitPath } from '../cni/environment.ts';
import { findInPath } from '../cni/findInPath.ts';
import { encodeText } from '../cni/goText.ts';
import { loadNetworkConf } from '../cni/load.ts';
import { createRuntime } from '../cni/runtime.ts';
import type { CallOptions, Exec, Observer, Runtime, RuntimeConf } from '../cni/types.ts';
import { cnitoolRuntimeConf, parseCnitoolArguments } from './cnitoolArgs.ts';
import {
  commandHelp,
  commandNames,
  help,
  helpAdvice,
  isVerb,
  networksCommand,
  usageBlock,
  type Verb,
} from './cnitoolHelp.ts';
import type { Command } from './command.ts';
import { plain } from './style.ts';

/** Each gives what is printed: only `add` prints something (T12). */
const verbs: Readonly<Record<Verb, (call: CnitoolCall) => Promise<string>>> = {
  add: async ({ runtime, list, rt, options }) =>
    prettyResult(await runtime.addNetworkList(list, rt, options)),
  check: async ({ runtime, list, rt, options }) => {
    await runtime.checkNetworkList(list, rt, options);
    return '';
  },
  del: async ({ runtime, list, rt, options }) => {
    await runtime.delNetworkList(list, rt, options);
    return '';
  },
  gc: async ({ runtime, list, options }) => {
    await runtime.gcNetworkList(list, undefined, options);
    return '';
  },
  status: async ({ runtime, list, options }) => {
    await runtime.getStatusNetworkList(list, options);
    return '';
  },
};

interface CnitoolCall {
  runtime: Runtime;
  list: NetworkList;
  rt: RuntimeConf;
  options: CallOptions;
}

/** What cnitool needs of the world around it. */
export interface CnitoolIo {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  cacheDir: string;
  out: (text: string) => void;
  err: (text: string) => void;
  signal?: AbortSignal;
}

/** Runs cnitool and gives its exit code (T1–T13). */
export async function cnitool(args: readonly string[], io: CnitoolIo): Promise<number> {
  const fail = (message: string, usage: string): number => {
    io.err(`Error: ${message}\n${usage}\n${message}\n`);
    return 1;
  };
  // Also for what goes wrong before the arguments are understood.
  let command = args.find((arg) => commandNames.includes(arg)) ?? 'cnitool';
  try {
    const { operands, ifName, verbose, help: wantsHelp } = parseCnitoolArguments(args);
    const [name, ...given] = operands;
    if (name === undefined || name === 'help' || wantsHelp) {
      io.out(commandHelp(name === 'help' ? given[0] : name));
      return 0;
    }
    command = name;
    if (name === 'completion' || name === networksCommand) {
      io.out(await completion(name, given, io.env));
      return 0;
    }
    if (!isVerb(name)) return fail(`unknown command "${name}" for "cnitool"`, helpAdvice);
    const [network, netns] = given;
    if (network === undefined || netns === undefined) {
      const message = `requires at least 2 arg(s), only received ${given.length}`;
      return fail(message, usageBlock(name));
    }
    const list = await loadNetworkConf(configurationFolder(io.env), network);
    const rt = cnitoolRuntimeConf(netns, ifName, io);
    const runtime = createRuntime({
      exec: createLateExec(),
      path: splitPath(io.env['CNI_PATH']),
      cacheDir: io.cacheDir,
      environment: io.env,
      observer: createWatcher(io, verbose),
    });
    const options = io.signal === undefined ? {} : { signal: io.signal };
    io.out(await verbs[name]({ runtime, list, rt, options }));
    return 0;
  } catch (error) {
    return fail(toCniError(error).message, usageBlock(command));
  }
}

const configurationFolder = (env: CnitoolIo['env']): string =>
  env['NETCONFPATH'] || '/etc/cni/net.d';

/** What the shells complete with: their script, and the names that it asks for. */
async function completion(
  name: string,
  [shell, ...surplus]: readonly string[],
  env: CnitoolIo['env'],
): Promise<string> {
  // Loaded late: it is for a person who waits anyway.
  const { completionScript, networkNames } = await import('./cnitoolCompletion.ts');
  if (name === networksCommand) {
    return (await networkNames(configurationFolder(env))).map((line) => `${line}\n`).join('');
  }
  if (shell === undefined) return commandHelp('completion');
  const script = completionScript(shell);
  if (script === undefined) {
    throw libraryError(`unknown command "${shell}" for "cnitool completion"`);
  }
  if (surplus[0] !== undefined) {
    throw libraryError(`unknown command "${surplus[0]}" for "cnitool completion ${shell}"`);
  }
  return script;
}

/** Loads what starts processes (7 ms for its native package) with the first plugin. */
function createLateExec(): Exec {
  let exec: Promise<Exec> | undefined;
  return {
    findInPath,
    execute: async (request) => {
      exec ??= import('../cni/execute.ts').then(({ createExec }) => createExec());
      return (await exec).execute(request);
    },
  };
}

/** Hands on what plugins that succeed write to stderr (X5); if wanted, tells each step. */
function createWatcher({ err }: CnitoolIo, verbose: boolean): Observer {
  return (step) => {
    if (step.phase === 'end' && step.exit === 0) err(step.stderr);
    if (!verbose) return;
    const tell = (label: string, text: string) => {
      if (text !== '') err(`  ${label} ${plain(text.trimEnd()).replaceAll('\n', '\n    ')}\n`);
    };
    if (step.phase === 'start') {
      err(`${step.command} ${plain(step.plugin)}\n`);
      tell(
        'env   ',
        Object.entries(step.env)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
      );
      tell('stdin ', step.stdin);
      return;
    }
    tell('stdout', step.stdout);
    if (step.exit !== 0) tell('stderr', step.stderr);
    if (step.error) tell('error ', step.error.message);
    if (!step.started) return;
    err(`  ended  ${step.signal ?? `exit ${step.exit}`} after ${step.ms.toFixed(1)} ms\n`);
  };
}

export const command: Command = {
  name: 'cnitool',
  usage: '(add|check|del|gc|status) NETWORK NETNS [-i IFNAME] [-v]',
  ownHelp: true,
  summary: 'run CNI plugins here, as cnitool does',
  help,
  run: async (args) => {
    // Plugins lead process groups of their own, which a Ctrl-C does not reach.
    const interrupted = new AbortController();
    const stop = () => interrupted.abort();
    process.on('SIGINT', stop).on('SIGTERM', stop);
    try {
      return await cnitool(args, {
        env: process.env,
        cwd: process.cwd(),
        cacheDir: '/var/lib/cni',
        out: (text) => process.stdout.write(text),
        err: (text) => process.stderr.write(encodeText(text)),
        signal: interrupted.signal,
      });
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
    }
  },
};
