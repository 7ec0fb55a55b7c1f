import { spawn } from 'node:child_process';
import { defaultDataDirectory } from '../labs/documents.ts';
import { ProblemError } from '../labs/problem.ts';
import { startServer } from '../http/serve.ts';
import { CommandError, operands, print, readArgs, UsageError, type Command } from './command.ts';

export const command: Command = {
  name: 'serve',
  usage: '[--port 4600] [--host 127.0.0.1] [--data DIR] [--open]',
  summary: 'the page and the server',
  help: `Serves the page and prints one line with its address when it is ready. Ctrl-C ends it and all
boxes.

  --port PORT   where to listen; 0 takes a free one (default 4600)
  --host HOST   at which address; beyond loopback, a token is required and is part of the address
                that is printed (default 127.0.0.1)
  --data DIR    where labs are kept (default $XDG_DATA_HOME/cnilab or ~/.local/share/cnilab);
                several servers may share it
  --open        open the page in the browser`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, {
      port: { type: 'string', default: '4600' },
      host: { type: 'string', default: '127.0.0.1' },
      data: { type: 'string' },
      open: { type: 'boolean' },
    });
    operands(positionals);
    const port = Number(values.port);
    if (!/^[0-9]{1,5}$/.test(values.port) || port > 65535) {
      throw new UsageError(`--port is a number from 0 to 65535, not "${values.port}".`);
    }
    const data = values.data ?? defaultDataDirectory();
    const server = await startServer({ port, host: values.host, data }).catch((error: unknown) => {
      if (error instanceof ProblemError) throw new CommandError(error.message, 1, { cause: error });
      throw error;
    });
    const ended = untilSignal();
    print(`cnilab is ready: ${server.url}`);
    if (values.open) open(server.url);
    await ended;
    // A second signal, or two seconds, and it ends whatever hangs: boxes end with this process.
    const exit = () => process.exit(1);
    process.once('SIGINT', exit).once('SIGTERM', exit);
    setTimeout(exit, 2000).unref();
    await server.close();
    return 0;
  },
};

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const signal of signals) process.off(signal, done);
      resolve();
    };
    for (const signal of signals) process.on(signal, done);
  });
}
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** No harm if there is no browser: the address is printed. */
function open(url: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  spawn(program, [url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}
