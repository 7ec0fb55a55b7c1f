/**
 * How bash tells, through its terminal, which command it runs: as operating system commands (OSC)
 * of a number that nothing else uses, with a secret of the terminal, so that no output of a program
 * can pass for one. They are taken out of what the terminal shows.
 */
export type ShellMark =
  /**
   * A command begins: its line (empty when the shell keeps it to itself) and the number of that in
   * the history, since when (ms).
   */
  | { mark: 'run'; line: string; entry?: number; since?: number }
  /** It ended, and the shell prompts. */
  | {
      mark: 'done';
      /** Whether something runs in the background. */
      hasJobs: boolean;
      /** The process that was put there last; empty if there never was one. */
      lastJob: string;
    };

/** The environment variable that holds the secret, until bash has read its .bashrc. */
export const secretVariable = 'CNILAB_TERMINAL';

const number = 7717;
const escape = '\u001b';
const bell = '\u0007';

/**
 * For a .bashrc. What a line is called comes from the history, so it is told only if it was put
 * there (the history's number has moved): with HISTCONTROL=ignorespace a person can keep a line to
 * herself. Tracing (`set -x`) and redirections (`exec > file`) of the shell do not touch it. A nested
 * shell has no secret: what runs in it is done by the command that started it.
 */
export const shellMarksForBash = `
# Tells the lab which command runs, so that its page can say what the command changed.
if [[ -n \${${secretVariable}-} && -z \${BASH_VERSION##[5-9].*} ]]; then
  __cnilab_secret=$${secretVariable}
  unset ${secretVariable}
  __cnilab_tell() {
    printf '\\e]${number};%s;%s\\e]${number};%s\\a' "$__cnilab_secret" "$1" "$__cnilab_secret"
  }
  __cnilab_run() {
    # Without the end of a command, its beginning would mislead.
    [[ \${PROMPT_COMMAND[*]-} == *__cnilab_done* ]] || return
    local number='\\!' line=
    [[ \${number@P} == "\${__cnilab_number-}" ]] || line=$(HISTTIMEFORMAT= builtin history 1)
    __cnilab_tell "run;$EPOCHREALTIME;\${line:0:4000}"
  }
  __cnilab_done() {
    local number='\\!' running=0
    __cnilab_number=\${number@P}
    if [[ $__cnilab_number == 1 && -z $(builtin history 1) ]]; then __cnilab_number=0; fi
    if compgen -A running >/dev/null; then running=1; fi
    __cnilab_tell "done;$running;\${!-}" >/dev/tty
  }
  PS0='$({ set +x; } 2>/dev/null; __cnilab_run)'
  PROMPT_COMMAND="{ __cnilab_done; } 2>/dev/null\${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
fi
`;

export interface MarkReader {
  /** What is to be shown of the next bytes of output, and the marks that were among them. */
  read(data: Buffer): { shown: Buffer; marks: ShellMark[] };
  /** What was held back because it looked like the beginning of a mark. */
  rest(): Buffer;
}

/** Longer than any mark of ours; what does not end within it is shown as it is. */
const maxMark = 64 * 1024;

/** Marks are found wherever the chunks of the output are cut. */
export function createMarkReader(secret: string): MarkReader {
  const opening = Buffer.from(`${escape}]${number};${secret};`);
  const closing = Buffer.from(`${escape}]${number};${secret}${bell}`);
  let held = Buffer.alloc(0);

  return {
    read(data) {
      const bytes = held.length === 0 ? data : Buffer.concat([held, data]);
      const shown: Buffer[] = [];
      const marks: ShellMark[] = [];
      let at = 0;
      for (;;) {
        const start = bytes.indexOf(opening, at);
        if (start === -1) break;
        const end = bytes.indexOf(closing, start + opening.length);
        if (end === -1 && bytes.length - start <= maxMark) {
          shown.push(bytes.subarray(at, start));
          held = Buffer.from(bytes.subarray(start));
          return { shown: Buffer.concat(shown), marks };
        }
        const next = end === -1 ? start + opening.length : end + closing.length;
        shown.push(bytes.subarray(at, end === -1 ? next : start));
        at = next;
        if (end === -1) continue;
        const mark = decodeMark(bytes.toString('utf8', start + opening.length, end));
        if (mark) marks.push(mark);
      }
      const cut = bytes.length - halfOf(opening, bytes.subarray(at));
      shown.push(bytes.subarray(at, cut));
      held = Buffer.from(bytes.subarray(cut));
      return { shown: Buffer.concat(shown), marks };
    },
    rest() {
      const rest = held;
      held = Buffer.alloc(0);
      return rest;
    },
  };
}

/** How many bytes at the end may be the beginning of what is looked for. */
function halfOf(wanted: Buffer, bytes: Buffer): number {
  for (let length = Math.min(wanted.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(-length).equals(wanted.subarray(0, length))) return length;
  }
  return 0;
}

function decodeMark(text: string): ShellMark | undefined {
  const [, kind, first = '', second = ''] = /^(run|done);([^;]*);(.*)$/s.exec(text) ?? [];
  if (kind === 'done') return { mark: 'done', hasJobs: first === '1', lastJob: second };
  if (kind !== 'run') return undefined;
  // The terminal writes line feeds with a carriage return; the history numbers its lines.
  const [, entry, line = ''] = /^\s*(\d+)[* ] (.*)$/s.exec(second.replaceAll('\r\n', '\n')) ?? [];
  const since = Number(first.replace(',', '.')) * 1000;
  return {
    mark: 'run',
    line,
    ...(entry !== undefined && { entry: Number(entry) }),
    ...(since > 0 && { since }),
  };
}
