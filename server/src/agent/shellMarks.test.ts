import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createMarkReader,
  secretVariable,
  shellMarksForBash,
  type ShellMark,
} from './shellMarks.ts';

const secret = 'feedbeef';
const opening = `\u001b]7717;${secret};`;
const closing = `\u001b]7717;${secret}\u0007`;
const run = (line: string, since = '1000.5') => `${opening}run;${since};    7  ${line}${closing}`;
const done = `${opening}done;0;${closing}`;

/** What is shown and told when the output comes in these pieces. */
function readAll(pieces: readonly (string | Buffer)[]): { shown: string; marks: ShellMark[] } {
  const reader = createMarkReader(secret);
  const marks: ShellMark[] = [];
  const shown: Buffer[] = [];
  for (const piece of pieces) {
    const part = reader.read(Buffer.from(piece));
    shown.push(part.shown);
    marks.push(...part.marks);
  }
  shown.push(reader.rest());
  return { shown: Buffer.concat(shown).toString(), marks };
}

describe('marks in the output of a terminal', () => {
  const output = `$ größe ✓\r\n${run('größe ✓')}shown\r\n${done}$ `;
  const wanted = {
    shown: '$ größe ✓\r\nshown\r\n$ ',
    marks: [
      { mark: 'run', line: 'größe ✓', entry: 7, since: 1_000_500 },
      { mark: 'done', hasJobs: false, lastJob: '' },
    ],
  };

  it('are taken out', () => {
    expect(readAll([output])).toEqual(wanted);
  });

  it('are taken out wherever the output is cut', () => {
    const bytes = Buffer.from(output);
    for (let at = 1; at < bytes.length; at++) {
      expect(readAll([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(wanted);
    }
    expect(readAll([...bytes].map((byte) => Buffer.from([byte])))).toEqual(wanted);
  });

  it('do not hold up other output, escape sequences least of all', () => {
    const reader = createMarkReader(secret);
    for (const text of [
      'a',
      '\u001b[2J',
      '\u001b]0;title\u0007',
      '\u001b]7717;other;run;1;x\u0007',
    ]) {
      expect(reader.read(Buffer.from(text)).shown.toString()).toBe(text);
    }
    expect(reader.read(Buffer.from('b\u001b]77')).shown.toString()).toBe('b');
    expect(reader.read(Buffer.from('1;c')).shown.toString()).toBe('\u001b]771;c');
  });

  it('must have the secret', () => {
    const forged = run('rm -rf /').replaceAll(secret, 'feedbee0');
    expect(readAll([forged])).toEqual({ shown: forged, marks: [] });
  });

  it('that never end are shown as they are', () => {
    const endless = `${opening}run;1;${'x'.repeat(100_000)}`;
    expect(readAll([endless, 'more']).shown).toBe(`${endless}more`);
    expect(readAll([`${opening}nonsense${closing}rest`])).toEqual({ shown: 'rest', marks: [] });
  });
});

/** A bash on a terminal; gives what it showed and told after what is typed. */
function openBash(history = '') {
  const home = mkdtempSync(join(tmpdir(), 'cnilab-bash-'));
  writeFileSync(join(home, '.bashrc'), `PS1='$ '\n${shellMarksForBash}`);
  writeFileSync(join(home, '.bash_history'), history);
  const pty = spawn('bash', [], {
    cwd: home,
    cols: 200,
    env: { PATH: process.env['PATH'] ?? '', HOME: home, LANG: 'C.UTF-8', [secretVariable]: secret },
    encoding: null,
  });
  onTestFinished(() => {
    pty.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });
  const reader = createMarkReader(secret);
  let shown = '';
  let marks: ShellMark[] = [];
  pty.onData((data: string | Buffer) => {
    const part = reader.read(Buffer.from(data));
    shown += part.shown.toString();
    marks.push(...part.marks);
  });
  const prompts = (count: number) =>
    vi.waitFor(() => expect(marks.filter(({ mark }) => mark === 'done')).toHaveLength(count), {
      timeout: 10_000,
      interval: 5,
    });
  return {
    /** Types and waits for so many prompts. */
    async type(text: string, count = 1): Promise<{ shown: string; marks: ShellMark[] }> {
      pty.write(text);
      await prompts(count);
      // Before it shows this, a Ctrl-C would meet the terminal and not the shell's editor.
      await vi.waitFor(() => expect(shown).toMatch(/\$ $/), { timeout: 10_000, interval: 5 });
      const now = { shown, marks };
      shown = '';
      marks = [];
      return now;
    },
    /** Types to what runs now. */
    send: (text: string) => pty.write(text),
    shows: (text: string) => vi.waitFor(() => expect(shown).toContain(text), { timeout: 10_000 }),
  };
}

const linesOf = (marks: readonly ShellMark[]) =>
  marks.map((mark) => (mark.mark === 'run' ? mark.line : mark.hasJobs ? 'done, jobs' : 'done'));

describe('bash', () => {
  it.each([
    ['a command', 'true\n', 'true'],
    ['one that fails', 'false\n', 'false'],
    ['a pipeline', 'echo a | cat | cat\n', 'echo a | cat | cat'],
    ['a list', 'true && echo b; echo c\n', 'true && echo b; echo c'],
    ['Unicode', 'echo größe ✓\n', 'echo größe ✓'],
    ['quotes and escapes', `echo 'a;b' "\\e]7717;x"\n`, `echo 'a;b' "\\e]7717;x"`],
    [
      'a loop over several lines',
      'for i in 1 2\ndo echo $i\ndone\n',
      'for i in 1 2; do echo $i; done',
    ],
    ['a document', 'cat <<X\na\nX\n', 'cat <<X\na\nX'],
    ['one that redirects the shell', 'exec >out\n', 'exec >out'],
  ])('tells the line of %s, and its end', async (_what, typed, line) => {
    const bash = openBash();
    await bash.type('');
    const before = Date.now();
    const { marks, shown } = await bash.type(typed);
    expect(linesOf(marks)).toEqual([line, 'done']);
    const [first] = marks;
    expect(first?.mark === 'run' && first.since).toBeGreaterThanOrEqual(before);
    expect(shown).not.toContain(secret);
  });

  it.each(['', 'one\n', 'one\ntwo\n'])(
    'tells the first line after the history %j',
    async (history) => {
      const bash = openBash(history);
      await bash.type('');
      expect(linesOf((await bash.type('echo first\n')).marks)).toEqual(['echo first', 'done']);
      expect(linesOf((await bash.type('echo next\n')).marks)).toEqual(['echo next', 'done']);
    },
  );

  it('tells each of several lines that were pasted', async () => {
    const bash = openBash();
    await bash.type('');
    const { marks, shown } = await bash.type('\u001b[200~echo "o"ne\necho "t"wo\u001b[201~\n');
    expect(shown).toContain('one\r\ntwo\r\n');
    expect(linesOf(marks)).toEqual(['echo "o"ne', 'echo "t"wo', 'done']);
    expect(marks).toMatchObject([{ entry: 1 }, { entry: 2 }, {}]);
  });

  it('tells a line from the history as what it became', async () => {
    const bash = openBash();
    await bash.type('');
    await bash.type('echo one\n');
    expect(linesOf((await bash.type('!! two\n')).marks)).toEqual(['echo one two', 'done']);
  });

  it('leaves exit codes, the statuses of a pipeline and the last argument as they are', async () => {
    const bash = openBash();
    await bash.type('');
    await bash.type('false | true | (exit 3)\n');
    expect((await bash.type('echo "is $? ${PIPESTATUS[*]}"\n')).shown).toContain('is 3 1 0 3\r\n');
    await bash.type('true last\n');
    expect((await bash.type('echo "is $_"\n')).shown).toContain('is last\r\n');
    await bash.type('set -eu; ! true\n');
    expect((await bash.type('echo alive\n')).shown).toContain('alive\r\n');
  });

  it('tells that a line ran, but not which, if it is kept out of the history', async () => {
    const bash = openBash();
    await bash.type('');
    await bash.type('HISTCONTROL=ignorespace\n');
    expect(linesOf((await bash.type(' echo hidden\n')).marks)).toEqual(['', 'done']);
    expect(linesOf((await bash.type('echo told\n')).marks)).toEqual(['echo told', 'done']);
    await bash.type('set +o history\n');
    expect(linesOf((await bash.type('echo off\n')).marks)).toEqual(['', 'done']);
  });

  it('tells what it leaves running, until that has ended', async () => {
    const bash = openBash();
    await bash.type('');
    const { marks } = await bash.type('sleep 100 &\n');
    expect(linesOf(marks)).toEqual(['sleep 100 &', 'done, jobs']);
    const next = (await bash.type('true\n')).marks;
    expect(linesOf(next)).toEqual(['true', 'done, jobs']);
    expect(next.at(-1)).toMatchObject({ lastJob: expect.stringMatching(/^\d+$/) });
    expect(next.at(-1)).toEqual(marks.at(-1));
    expect(linesOf((await bash.type('kill %1; wait\n')).marks)).toEqual(['kill %1; wait', 'done']);
  });

  it('tells nothing for Ctrl-C at the prompt, and the end for Ctrl-C in a command', async () => {
    const bash = openBash();
    await bash.type('');
    expect(linesOf((await bash.type('echo half\u0003')).marks)).toEqual(['done']);
    bash.send('echo "on"ward; sleep 100\n');
    await bash.shows('onward');
    const { marks } = await bash.type('\u0003');
    expect(linesOf(marks)).toEqual(['echo "on"ward; sleep 100', 'done']);
  });

  it('keeps its secret to itself: from programs, from a nested shell and from traces', async () => {
    const bash = openBash();
    await bash.type('');
    expect((await bash.type('env; bash --norc -c env\n')).shown).not.toContain(secret);
    bash.send('PS1="nested> " bash --norc\n');
    await bash.shows('nested> ');
    bash.send('echo in"side"\n');
    await bash.shows('inside');
    const { marks } = await bash.type('exit\n');
    expect(linesOf(marks)).toEqual(['PS1="nested> " bash --norc', 'done']);
    const traced = await bash.type('set -x\n');
    expect((await bash.type('echo traced\n')).shown).not.toContain('cnilab');
    expect(traced.shown).not.toContain('cnilab');
  });

  it('is silent once somebody has a prompt command of her own', async () => {
    const bash = openBash();
    await bash.type('');
    bash.send("PROMPT_COMMAND='echo pro''mpt'\n");
    await bash.shows('prompt');
    bash.send('echo se"cond"\n');
    await bash.shows('second');
    const { marks } = await bash.type('PROMPT_COMMAND=__cnilab_done\n');
    expect(linesOf(marks)).toEqual(["PROMPT_COMMAND='echo pro''mpt'", 'done']);
  });
});
