import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import type { Attribution, RunningCommand } from './attribution.ts';
import { createMarkReader, secretVariable, type ShellMark } from './shellMarks.ts';

/** Follows what persons run, so that what it changes is put down to it. */
export interface Commands {
  /** A process of ours that is one command from its start to its end. */
  run(process: string, target: string, argv: readonly string[]): RunningCommand;
  /** A terminal: its shell tells what is typed; any other program is one command. */
  terminal(process: string, target: string, argv: readonly string[]): FollowedTerminal;
}

export interface FollowedTerminal extends RunningCommand {
  /** What its program gets besides the environment of the place. */
  environment: Record<string, string>;
  /** What is to be shown of the next bytes of its output. */
  read(data: Buffer): Buffer;
  /** What is still to be shown at its end. */
  rest(): Buffer;
}

/** Of a command; the beginning says which one it was. */
const maxLine = 1000;

/** `drain` reads what the kernel has queued about the namespaces that a target's commands change. */
export function createCommands(
  attribution: Pick<Attribution, 'beginCommand' | 'openTerminal'>,
  drain: (target: string) => void,
): Commands {
  const begin = (process: string, target: string, line: string, since?: number) =>
    attribution.beginCommand(
      target,
      { process, line: line.length > maxLine ? `${line.slice(0, maxLine)}…` : line },
      since,
    );
  const run: Commands['run'] = (process, target, argv) => {
    drain(target); // what was queued before is not its doing
    return begin(process, target, commandLine(argv));
  };

  return {
    run,
    terminal(process, target, argv) {
      if (!isShell(argv)) return { ...run(process, target, argv), ...unmarked };
      const secret = randomBytes(16).toString('hex');
      const reader = createMarkReader(secret);
      const close = attribution.openTerminal(target);
      let foreground: RunningCommand | undefined;
      let background: RunningCommand[] = [];
      let lastJob = '';
      /** Of the command before this one, since the last prompt. */
      let lastEntry: number | undefined;

      const end = (commands: readonly (RunningCommand | undefined)[]) => {
        if (commands.length === 0) return;
        // The kernel queues what a system call causes before the call returns: it is all here.
        drain(target);
        for (const command of commands) command?.end();
      };
      const follow = (mark: ShellMark) => {
        if (mark.mark === 'run') {
          if (foreground) end([foreground]);
          // Of lines that were pasted together, one that is kept out of the history.
          const isHidden = mark.entry !== undefined && mark.entry === lastEntry;
          foreground = begin(process, target, isHidden ? '' : mark.line, mark.since);
          lastEntry = mark.entry;
          return;
        }
        lastEntry = undefined;
        const ended = mark.hasJobs ? [] : background;
        if (!mark.hasJobs) background = [];
        if (foreground) {
          if (mark.hasJobs && mark.lastJob !== lastJob) background.push(foreground);
          else ended.push(foreground);
          foreground = undefined;
        }
        lastJob = mark.lastJob;
        end(ended);
      };
      return {
        environment: { [secretVariable]: secret },
        read(data) {
          const { shown, marks } = reader.read(data);
          marks.forEach(follow);
          return shown;
        },
        rest: () => reader.rest(),
        end() {
          close();
          for (const command of [foreground, ...background]) command?.end();
        },
      };
    },
  };
}

const unmarked = {
  environment: {},
  read: (data: Buffer) => data,
  rest: () => Buffer.alloc(0),
};

/** One that a person types commands into. Those that are not bash do not tell them. */
const isShell = ([command = '', ...options]: readonly string[]): boolean =>
  /^(ba|da|a|z|k|fi)?sh$/.test(basename(command)) &&
  options.every((option) => /^-(?!-)[^c]*$|^--/.test(option));

/** As a person would have typed it. */
export const commandLine = (argv: readonly string[]): string =>
  argv
    .map((word) =>
      /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`,
    )
    .join(' ');
