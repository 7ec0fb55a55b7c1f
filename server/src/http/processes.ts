import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { openProcessSchema, ServerToClient } from '@cnilab/shared/protocol/socket';
import type { Labs } from '../labs/labs.ts';
import { ProblemError } from '../labs/problem.ts';
import type { Run } from '../labs/running.ts';
import type { Channel } from './channel.ts';

const maxProcesses = 100;
/** A process that goes on writing although it was paused, or cannot be paused, is ended here. */
const maxWaiting = 16 * 1024 * 1024;
const killAfterMs = 2000;

/** The processes of one client. They end with its connection. */
export interface Processes {
  open: (input: z.infer<typeof openProcessSchema>) => Promise<{ process: string }>;
  /** Does nothing for a process that has ended. */
  input(process: string, data: string): void;
  closeInput(process: string): void;
  resize(process: string, columns: number, rows: number): void;
  end(process: string): void;
  close(): void;
}

interface Entry {
  run: Run;
  isTerminal: boolean;
  paused: boolean;
  ending?: NodeJS.Timeout;
}

type Emit = <E extends 'processOutput' | 'processExit'>(
  event: E,
  ...values: Parameters<ServerToClient[E]>
) => void;

export function createProcesses(labs: Labs, channel: Channel, emit: Emit): Processes {
  const entries = new Map<string, Entry>();
  let closed = false;

  /** A request that fails because the process or its box has just gone needs no answer. */
  const quietly = (request: Promise<unknown>) => void request.catch(() => undefined);

  const kill = (process: string, signal: string) => {
    const entry = entries.get(process);
    if (entry) quietly(entry.run.request('kill', { process, signal }));
  };
  const end = (process: string) => {
    const entry = entries.get(process);
    if (entry === undefined || entry.ending) return;
    kill(process, entry.isTerminal ? 'SIGHUP' : 'SIGTERM');
    entry.ending = setTimeout(() => kill(process, 'SIGKILL'), killAfterMs).unref();
  };
  const pause = (process: string, entry: Entry, paused: boolean) => {
    entry.paused = paused;
    quietly(entry.run.request('pause', { process, paused }));
  };
  const resume = () => {
    for (const [process, entry] of entries) if (entry.paused) pause(process, entry, false);
  };

  const onOutput = (process: string, stream: 'stdout' | 'stderr', data: string) => {
    const entry = entries.get(process);
    if (entry === undefined || closed) return;
    if (channel.waiting() > maxWaiting) {
      kill(process, 'SIGKILL');
      return;
    }
    channel.sent(data.length);
    emit('processOutput', process, stream, data);
    if (!channel.isSlow() || entry.paused) return;
    pause(process, entry, true);
    channel.whenFree(resume);
  };
  const onExit = (process: string, code: number | null, signal: string | undefined) => {
    clearTimeout(entries.get(process)?.ending);
    entries.delete(process);
    if (closed) return;
    if (signal === undefined) emit('processExit', process, code);
    else emit('processExit', process, code, signal);
  };

  return {
    open: async ({ lab, target, argv, terminal }) => {
      if (entries.size >= maxProcesses) {
        throw new ProblemError('conflict', 'Too many processes are open: close some first.');
      }
      const run = await labs.liveRun(lab);
      const process = randomUUID();
      const size = terminal ?? (argv === undefined ? { columns: 80, rows: 24 } : undefined);
      const forget = run.onProcess(process, {
        output: (stream, data) => onOutput(process, stream, data),
        exit: (code, signal) => onExit(process, code, signal),
      });
      entries.set(process, { run, isTerminal: size !== undefined, paused: false });
      try {
        await run.request('spawn', {
          process,
          target,
          argv: argv ?? ['bash', '-l'],
          ...(size === undefined ? {} : { terminal: size }),
        });
      } catch (error) {
        forget();
        entries.delete(process);
        throw error;
      }
      if (closed) end(process);
      return { process };
    },
    input: (process, data) => {
      const entry = entries.get(process);
      if (entry) quietly(entry.run.request('input', { process, data }));
    },
    closeInput: (process) => {
      const entry = entries.get(process);
      if (entry) quietly(entry.run.request('closeInput', { process }));
    },
    resize: (process, columns, rows) => {
      const entry = entries.get(process);
      if (entry) quietly(entry.run.request('resize', { process, columns, rows }));
    },
    end,
    close: () => {
      closed = true;
      for (const [process, entry] of entries) {
        if (entry.paused) pause(process, entry, false);
        end(process);
      }
    },
  };
}
