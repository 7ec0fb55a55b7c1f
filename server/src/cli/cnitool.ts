import type { NetworkList } from '@cnilab/shared/cni/config';
import { prettyResult } from '@cnilab/shared/cni/encodeResult';
import { toCniError } from '@cnilab/shared/cni/errors';
import { splitPath } from '../cni/environment.ts';
import { findInPath } from '../cni/findInPath.ts';
import { loadNetworkConf } from '../cni/load.ts';
import { createRuntime } from '../cni/runtime.ts';
import type { CallOptions, Exec, Observer, Runtime, RuntimeConf } from '../cni/types.ts';
import { cnitoolRuntimeConf, parseCnitoolArguments } from './cnitoolArgs.ts';
import type { Command } from './command.ts';
import { plain } from './style.ts';

/** Each gives what is printed: only `add` prints something (T12). */
const verbs: Readonly<
  Record<string, { about: string; run: (call: CnitoolCall) => Promise<string> }>
> = {
  add: {
    about: 'add the network interface to the namespace and print the result',
    run: async ({ runtime, list, rt, options }) =>
      prettyResult(await runtime.addNetworkList(list, rt, options)),
  },
  check: {
    about: 'check that the interface is as it was added',
    run: async ({ runtime, list, rt, options }) => {
      await runtime.checkNetworkList(list, rt, options);
      return '';
    },
  },
  del: {
    about: 'remove the interface from the namespace',
    run: async ({ runtime, list, rt, options }) => {
      await runtime.delNetworkList(list, rt, options);
      return '';
    },
  },
  gc: {
    about: 'remove all attachments of the network that are in the cache',
    run: async ({ runtime, list, options }) => {
      await runtime.gcNetworkList(list, undefined, options);
      return '';
    },
  },
  status: {
    about: 'ask the plugins whether they can serve an add',
    run: async ({ runtime, list, options }) => {
      await runtime.getStatusNetworkList(list, options);
      return '';
    },
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

const usage = '(add|check|del|gc|status) NETWORK NETNS [-i IFNAME] [-v]';
const help = `Runs the plugins of a network here, as the CNI project's cnitool does: same arguments, same
variables, same cache. NETNS is the path of a network namespace.

${Object.entries(verbs)
  .map(([verb, { about }]) => `  ${verb.padEnd(8)}  ${about}`)
  .join('\n')}

  -i, --ifname IFNAME   name of the interface in the namespace (default CNI_IFNAME, or eth0)
  -v, --verbose         tell on standard error what each plugin got and gave

  NETCONFPATH   folder of the network configurations (default /etc/cni/net.d)
  CNI_PATH      folders with the plugins, separated by colons
  CNI_ARGS      arguments for the plugins: KEY=VALUE, separated by semicolons
  CAP_ARGS      capability arguments, a JSON object

Exit code: 0 all well, 1 not.`;

/** Runs cnitool and gives its exit code (T1–T13). */
export async function cnitool(args: readonly string[], io: CnitoolIo): Promise<number> {
  const usageLine = (verb: string) =>
    `Usage:\n  cnilab cnitool ${verb} NETWORK NETNS [-i IFNAME] [-v]`;
  const fail = (message: string, advice: string): number => {
    io.err(`Error: ${message}\n${advice}\n\n${message}\n`);
    return 1;
  };
  let verb = '(add|check|del|gc|status)';
  try {
    const { operands, ifName, verbose, help: wantsHelp } = parseCnitoolArguments(args);
    const [name, ...given] = operands;
    if (name === undefined || name === 'help' || wantsHelp) {
      io.out(`Usage: cnilab cnitool ${usage}\n\n${help}\n`);
      return 0;
    }
    const command = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (command === undefined) {
      return fail(`unknown command "${name}" for "cnitool"`, 'Try: cnilab cnitool --help');
    }
    verb = name;
    const [network, netns] = given;
    if (network === undefined || netns === undefined) {
      const message = `requires at least 2 arg(s), only received ${given.length}`;
      return fail(message, usageLine(verb));
    }
    const list = await loadNetworkConf(io.env['NETCONFPATH'] || '/etc/cni/net.d', network);
    const rt = cnitoolRuntimeConf(netns, ifName, io);
    const runtime = createRuntime({
      exec: createLateExec(),
      path: splitPath(io.env['CNI_PATH']),
      cacheDir: io.cacheDir,
      environment: io.env,
      observer: createWatcher(io, verbose),
    });
    const options = io.signal === undefined ? {} : { signal: io.signal };
    io.out(await command.run({ runtime, list, rt, options }));
    return 0;
  } catch (error) {
    return fail(toCniError(error).message, usageLine(verb));
  }
}

/** Loads what starts processes (a native package, 7 ms) with the first plugin: many calls run none. */
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
  usage,
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
        err: (text) => process.stderr.write(text),
        signal: interrupted.signal,
      });
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
    }
  },
};
