import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { IPty } from '@lydell/node-pty';
import type { AgentMethods, AgentNotice } from '@cnilab/shared/protocol/agent';
import type { RunningCommand } from './attribution.ts';
import type { Commands } from './commands.ts';
import type { Outgoing } from './outgoing.ts';
import { inside, type Space } from './space.ts';
import { graceMs, killGroup, spawnInside } from './run.ts';

type SpawnParams = AgentMethods['spawn']['params'];

/** A person's processes in hosts and pods: terminals and commands. */
export interface Processes {
  spawn(params: SpawnParams, space: Space): Promise<void>;
  input(id: string, data: Buffer): void;
  closeInput(id: string): void;
  resize(id: string, columns: number, rows: number): void;
  /** A paused process waits once its pipe is full, so that a slow reader costs no memory. */
  pause(id: string, paused: boolean): void;
  kill(id: string, signal: string): void;
}

interface Running {
  input(data: Buffer): void;
  closeInput(): void;
  resize(columns: number, rows: number): void;
  pause(paused: boolean): void;
  kill(signal: NodeJS.Signals): void;
}

/** More than anyone needs, and few enough that a runaway client cannot fill the box. */
const maxProcesses = 200;

export function createProcesses(
  outgoing: Pick<Outgoing, 'isFull' | 'whenFree'>,
  send: (notice: AgentNotice) => void,
  commands: Commands,
): Processes {
  const running = new Map<string, Running>();
  /** Those that the server has paused. */
  const paused = new Set<string>();
  let areHeld = false;

  /** All of them wait while the server takes their output slower than they write it. */
  const hold = () => {
    if (areHeld || !outgoing.isFull()) return;
    areHeld = true;
    for (const process of running.values()) process.pause(true);
    outgoing.whenFree(() => {
      areHeld = false;
      for (const [id, process] of running) if (!paused.has(id)) process.pause(false);
    });
  };

  const get = (id: string): Running => {
    const process = running.get(id);
    if (!process) throw new Error(`there is no process ${id}: it has ended`);
    return process;
  };
  const output = (id: string, stream: 'stdout' | 'stderr', data: Buffer) => {
    send({ notice: 'output', process: id, stream, data: data.toString('base64') });
    hold();
  };
  const end = (id: string, code: number | null, signal?: string) => {
    running.delete(id);
    paused.delete(id);
    send({ notice: 'exit', process: id, code, ...(signal === undefined ? {} : { signal }) });
  };

  return {
    async spawn(params, space) {
      const pty = params.terminal && (await import('@lydell/node-pty')); // 10 ms, at its first use
      if (running.has(params.process)) throw new Error(`process ${params.process} exists already`);
      if (running.size >= maxProcesses) {
        throw new Error(`${maxProcesses} processes run already: end some of them`);
      }
      const { process: id, terminal, argv } = params;
      const onEnd = (command: RunningCommand) => (code: number | null, signal?: string) => {
        end(id, code, signal);
        command.end();
      };
      /** What cannot even be started has changed nothing. */
      const start = (command: RunningCommand, make: () => Running) => {
        try {
          const made = make();
          running.set(id, made);
          if (areHeld) made.pause(true);
        } catch (error) {
          command.end();
          throw error;
        }
      };
      if (!terminal || !pty) {
        const command = commands.run(id, space.id, argv);
        start(command, () =>
          onPipes(space, params, {
            output: (stream, data) => output(id, stream, data),
            end: onEnd(command),
          }),
        );
        return;
      }
      const shell = commands.terminal(id, space.id, argv);
      const show = (data: Buffer) => {
        if (data.length > 0) output(id, 'stdout', data);
      };
      const environment = { ...space.environment, ...shell.environment };
      start(shell, () =>
        onTerminal(pty.spawn, { ...space, environment }, params, terminal, {
          output: (data) => show(shell.read(data)),
          end: (code, signal) => {
            show(shell.rest());
            onEnd(shell)(code, signal);
          },
        }),
      );
    },
    input: (id, data) => get(id).input(data),
    closeInput: (id) => get(id).closeInput(),
    resize: (id, columns, rows) => get(id).resize(columns, rows),
    pause(id, isPaused) {
      if (!running.has(id)) return;
      if (isPaused) paused.add(id);
      else paused.delete(id);
      if (!areHeld) running.get(id)?.pause(isPaused);
    },
    kill(id, signal) {
      if (!isSignal(signal)) throw new Error(`${signal} is not a signal`);
      running.get(id)?.kill(signal);
    },
  };
}

function onTerminal(
  spawnPty: typeof import('@lydell/node-pty').spawn,
  space: Space,
  { argv: [command = '', ...rest] }: SpawnParams,
  { columns, rows }: { columns: number; rows: number },
  tell: { output(data: Buffer): void; end(code: number | null, signal?: string): void },
): Running {
  // The pty's own child could only say so with exit code 1, like any command.
  if (!inside(space, () => isThere(command, space.environment.PATH ?? ''))) {
    setImmediate(() => {
      tell.output(Buffer.from(`${command}: command not found\r\n`));
      tell.end(127);
    });
    return ended;
  }
  const pty: IPty = inside(space, () =>
    spawnPty(command, rest, {
      name: 'xterm-256color',
      cols: columns,
      rows,
      cwd: '/root',
      env: { ...space.environment, TERM: 'xterm-256color' },
      encoding: null,
    }),
  );
  pty.onData((data: string | Buffer) => tell.output(Buffer.from(data)));
  pty.onExit(({ exitCode, signal }) => {
    const name = signal ? signalName(signal) : undefined;
    tell.end(name === undefined ? exitCode : null, name);
  });
  return {
    // The pty decodes UTF-8 itself; a terminal's input never splits a character.
    input: (data) => pty.write(data.toString('utf8')),
    closeInput: () => pty.write('\u0004'),
    resize: (newColumns, newRows) => pty.resize(newColumns, newRows),
    pause: (paused) => (paused ? pty.pause() : pty.resume()),
    kill: (signal) => pty.kill(signal),
  };
}

/** What is left of a process that never ran. */
const ended: Running = {
  input: () => {},
  closeInput: () => {},
  resize: () => {},
  pause: () => {},
  kill: () => {},
};

/** Whether the command would be found by execvp(3) where the thread is now. */
const isThere = (command: string, path: string): boolean =>
  command.includes('/')
    ? existsSync(command)
    : path.split(':').some((folder) => existsSync(join(folder, command)));

function onPipes(
  space: Space,
  { argv: [command = '', ...rest] }: SpawnParams,
  tell: {
    output(stream: 'stdout' | 'stderr', data: Buffer): void;
    end(code: number | null, signal?: string): void;
  },
): Running {
  const child: ChildProcess = spawnInside(space, command, rest, {
    env: space.environment,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (data: Buffer) => tell.output(stream, data));
  }
  let ended = false;
  const end = (code: number | null, signal?: string) => {
    if (ended) return;
    ended = true;
    tell.end(code, signal);
  };
  child.stdin?.on('error', () => {}); // a command that has closed its input
  child.once('error', (error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT';
    const text = missing ? `${command}: command not found\n` : `${command}: ${error.message}\n`;
    tell.output('stderr', Buffer.from(text));
    end(missing ? 127 : 126);
  });
  child.once('exit', () => {
    // What it left running in the background may hold the pipes for ever.
    setTimeout(() => (child.stdout?.destroy(), child.stderr?.destroy()), graceMs).unref();
  });
  child.once('close', (code, signal) => end(code, signal ?? undefined));
  return {
    input: (data) => void child.stdin?.write(data),
    closeInput: () => void child.stdin?.end(),
    resize: () => {},
    pause(paused) {
      for (const stream of [child.stdout, child.stderr]) {
        if (paused) stream?.pause();
        else stream?.resume();
      }
    },
    kill: (signal) => killGroup(child, signal),
  };
}

const isSignal = (name: string): name is NodeJS.Signals => Object.hasOwn(constants.signals, name);

const signalName = (number: number): string | undefined =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
