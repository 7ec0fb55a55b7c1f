import { constants } from 'node:os';
import type { Socket } from 'socket.io-client';
import type { ClientToServer, ServerToClient } from '@cnilab/shared/protocol/socket';
import { createClient, serverHelp, serverOptions, valueOf } from './client.ts';
import { CommandError, operands, readArgs, UsageError, type Command } from './command.ts';

/** Below the 1 MiB that a message may have. */
const inputBlock = 64 * 1024;

export const command: Command = {
  name: 'exec',
  usage: 'NAME HOST[/POD] [--server URL] -- COMMAND [ARGUMENT…]',
  summary: 'run a command in a host or pod',
  help: `Runs a command in a host or pod of a running lab, with this terminal's input and output. On a
terminal it gets a terminal. Without COMMAND it is a login shell.

${serverHelp}

Exit code: the command's own (128 + number if a signal ended it); 1, 2 or 3 with a message of
cnilab if it could not be run.`,
  run: async (args) => {
    const end = args.indexOf('--');
    const { values, positionals } = readArgs(end === -1 ? args : args.slice(0, end), serverOptions);
    const [lab, target] = operands(positionals, 'NAME', 'HOST[/POD]');
    const argv = end === -1 ? [] : args.slice(end + 1);
    const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
    if (argv.length === 0 && !isTerminal) throw new UsageError('-- COMMAND is missing.');
    const socket = await createClient(values.server).connect();
    try {
      return await runIn(socket, { lab, target, argv, isTerminal });
    } finally {
      socket.removeAllListeners();
      socket.disconnect();
      process.stdin.pause();
    }
  },
};

interface Wanted {
  lab: string;
  target: string;
  argv: string[];
  isTerminal: boolean;
}

async function runIn(
  socket: Socket<ServerToClient, ClientToServer>,
  { lab, target, argv, isTerminal }: Wanted,
): Promise<number> {
  // Output may come before the answer that names the process; there is only this one.
  socket.on('processOutput', (_process, stream, data) => {
    process[stream].write(Buffer.from(data, 'base64'));
  });
  const ended = new Promise<number>((resolve, reject) => {
    socket.on('processExit', (_process, code, signal) => resolve(code ?? signalCode(signal)));
    socket.on('disconnect', () => reject(new CommandError('The server is gone.', 1)));
  });
  ended.catch(() => undefined);
  const { process: id } = valueOf(
    await socket.emitWithAck('openProcess', {
      lab,
      target,
      ...(argv.length > 0 ? { argv } : {}),
      ...(isTerminal ? { terminal: terminalSize() } : {}),
    }),
  );
  const onResize = () => socket.emit('processResize', { process: id, ...terminalSize() });
  const onInput = (data: Buffer) => {
    for (let at = 0; at < data.length; at += inputBlock) {
      const block = data.subarray(at, at + inputBlock).toString('base64');
      socket.emit('processInput', { process: id, data: block });
    }
  };
  const onEnd = () => socket.emit('processCloseInput', { process: id });
  const onSignal = () => socket.emit('processClose', { process: id });
  process.stdin.on('data', onInput).on('end', onEnd);
  if (isTerminal) {
    process.stdin.setRawMode(true);
    process.stdout.on('resize', onResize);
  } else process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await ended;
  } finally {
    process.stdin.off('data', onInput).off('end', onEnd);
    process.stdout.off('resize', onResize);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    if (isTerminal) process.stdin.setRawMode(false);
  }
}

const terminalSize = () => ({
  // Some terminals do not know their size and say 0.
  columns: Math.min(process.stdout.columns || 80, 1000),
  rows: Math.min(process.stdout.rows || 24, 1000),
});

function signalCode(signal: string | undefined): number {
  const numbers: Record<string, number> = constants.signals;
  return 128 + (numbers[signal ?? ''] ?? 0);
}
