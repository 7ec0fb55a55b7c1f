import { beforeEach, describe, expect, it } from 'vitest';
import type { Attribution } from './attribution.ts';
import { commandLine, createCommands } from './commands.ts';

/** What happened, in order: `begin LINE`, `end LINE`, `drain TARGET`, `open`, `close`. */
let log: string[];
const attribution: Pick<Attribution, 'beginCommand' | 'openTerminal'> = {
  beginCommand(target, { process, line }, since) {
    log.push(
      ['begin', target, process, line, since].filter((part) => part !== undefined).join(' '),
    );
    return { end: () => log.push(`end ${line}`) };
  },
  openTerminal(target) {
    log.push(`open ${target}`);
    return () => log.push(`close ${target}`);
  },
};
const open = () => createCommands(attribution, (target) => log.push(`drain ${target}`));
beforeEach(() => void (log = []));

it.each([
  [['ip', 'link', 'add', 'br7', 'type', 'bridge'], 'ip link add br7 type bridge'],
  [['sh', '-c', 'echo "a"; b'], `sh -c 'echo "a"; b'`],
  [['echo', "it's", '', '$x', 'größe'], String.raw`echo 'it'\''s' '' '$x' 'größe'`],
])('a command is told as one would type it: %j', (argv, line) => {
  expect(commandLine(argv)).toBe(line);
});

it('a command runs from its start to its end; what was queued before is not its doing', () => {
  const command = open().run('7', 'node1', ['ip', 'link', 'x'.repeat(2000)]);
  expect(log).toEqual(['drain node1', `begin node1 7 ip link ${'x'.repeat(992)}…`]);
  command.end();
  expect(log).toHaveLength(3);
});

it.each([
  [['bash', '-l'], true],
  [['/bin/bash'], true],
  [['sh'], true],
  [['zsh', '-i'], true],
  [['bash', '--norc'], true],
  [['bash', '-c', 'ip link'], false],
  [['sh', '-ec', 'ip link'], false],
  [['bash', 'script.sh'], false],
  [['vtysh'], false],
  [['top'], false],
])('on a terminal, %j is a shell: %s', (argv, isShell) => {
  open().terminal('7', 'node1', argv);
  expect(log.includes('open node1')).toBe(isShell);
  expect(log.some((entry) => entry.startsWith('begin'))).toBe(!isShell);
});

describe('what a shell tells on its terminal', () => {
  const start = () => {
    const terminal = open().terminal('7', 'node1', ['bash', '-l']);
    const secret = terminal.environment['CNILAB_TERMINAL'] ?? '';
    const mark = (text: string) => `\u001b]7717;${secret};${text}\u001b]7717;${secret}\u0007`;
    log = [];
    let entries = 0;
    return {
      terminal,
      secret,
      run: (line: string, entry = ++entries) =>
        terminal.read(Buffer.from(mark(`run;2.5;    ${entry}  ${line}`))),
      done: (jobs = 0, last = '') => terminal.read(Buffer.from(mark(`done;${jobs};${last}`))),
    };
  };

  it('begins commands, and ends them after what they did has been read', () => {
    const { run, done, secret } = start();
    expect(secret).toMatch(/^[0-9a-f]{32}$/);
    done();
    expect(run('ip a').toString()).toBe('');
    done();
    done();
    expect(log).toEqual(['begin node1 7 ip a 2500', 'drain node1', 'end ip a']);
  });

  it('keeps what runs in the background until the shell says that nothing does', () => {
    const { run, done } = start();
    run('a &');
    done(1, '100');
    run('b');
    done(1, '100');
    run('c &');
    done(1, '101');
    expect(log.filter((entry) => entry.startsWith('end'))).toEqual(['end b']);
    run('wait');
    done(0, '101');
    expect(log.filter((entry) => entry.startsWith('end'))).toEqual([
      'end b',
      'end a &',
      'end c &',
      'end wait',
    ]);
  });

  it('ends a command when another one begins, and all with the terminal', () => {
    const { run, done, terminal } = start();
    run('a &');
    done(1, '100');
    run('b');
    run('c');
    expect(log.filter((entry) => entry.startsWith('end'))).toEqual(['end b']);
    terminal.end();
    expect(log.slice(-3)).toEqual(['close node1', 'end c', 'end a &']);
  });

  it('does not call a command by the line before it when its own is kept to itself', () => {
    const { run, done } = start();
    run('a', 5);
    run('a', 5);
    done();
    run('a', 5);
    expect(log.filter((entry) => entry.startsWith('begin'))).toEqual([
      'begin node1 7 a 2500',
      'begin node1 7  2500',
      'begin node1 7 a 2500',
    ]);
  });

  it('cannot be told by anyone who does not know its secret', () => {
    const { terminal, secret } = start();
    const other = start();
    const forged = `\u001b]7717;${other.secret};run;1;    1  x\u001b]7717;${other.secret}\u0007`;
    expect(other.secret).not.toBe(secret);
    expect(terminal.read(Buffer.from(forged)).toString()).toBe(forged);
    expect(log).toEqual([]);
  });
});
