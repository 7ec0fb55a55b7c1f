import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;

/** A checkout of two one-line programs and a one-line page, with the real tools. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnilab-build-'));
  for (const name of ['server/bin', 'server/rolldown.config.mjs', 'server/package.json']) {
    cpSync(join(checkout, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  write('server/src/cli/main.ts', "console.log('first', process.argv.slice(2).join(' '));\n");
  write('server/src/agent/main.ts', "console.log('agent');\n");
  write('web/index.html', '<script type="module" src="/src/main.ts"></script>\n');
  write('web/src/main.ts', "document.title = 'first';\n");
  write('web/vite.config.ts', 'export default {};\n');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function node(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function build(): string[] {
  const { status, stderr } = node('server/bin/build.mjs');
  expect(status, stderr).toBe(0);
  return stderr.trim().split('\n').toSorted();
}

describe('the build', () => {
  test('makes the two bundles and the page, and a second time nothing', () => {
    expect(build()).toEqual(['Building server', 'Building web']);
    expect(readdirSync(join(folder, 'server/dist')).toSorted()).toEqual([
      '.build',
      'agent.js',
      'agent.js.map',
      'cli.js',
      'cli.js.map',
    ]);
    expect(readFileSync(join(folder, 'web/dist/index.html'), 'utf8')).toContain('assets/');
    expect(build()).toEqual(['']);
  });

  test('makes again only the part whose sources changed', () => {
    build();
    appendFileSync(join(folder, 'server/src/cli/main.ts'), "console.log('second');\n");
    expect(build()).toEqual(['Building server']);
    appendFileSync(join(folder, 'web/src/main.ts'), "document.title = 'second';\n");
    expect(build()).toEqual(['Building web']);
    write('server/src/cli/main.test.ts', 'a test is no part of the program');
    expect(build()).toEqual(['']);
  });

  test('looks into files only when their sizes or times changed', () => {
    const source = join(folder, 'server/src/cli/main.ts');
    const long = new Date(0);
    utimesSync(source, long, long);
    build();
    utimesSync(source, new Date(), new Date());
    expect(build()).toEqual(['']);
    write('server/src/cli/main.ts', "console.log('other', process.argv.slice(2).join(' '));\n");
    utimesSync(source, long, long);
    expect(build()).toEqual(['Building server']);
    expect(node('server/dist/cli.js').stdout).toBe('other \n');
  });

  test('keeps the chunks of the build before, and no older ones', () => {
    const chunks = () =>
      readdirSync(join(folder, 'server/dist/chunks')).filter((name) => name.endsWith('.js'));
    const change = (word: string) => {
      write('server/src/cli/late.ts', `console.log('${word}');\n`);
      build();
    };
    write('server/src/cli/main.ts', "await import('./late.ts');\n");
    change('one');
    const [one = ''] = chunks();
    change('two');
    expect(chunks()).toHaveLength(2);
    expect(node(join('server/dist/chunks', one)).stdout).toBe('one\n');
    change('three');
    expect(chunks()).toHaveLength(2);
    expect(chunks()).not.toContain(one);
    expect(node('server/dist/cli.js').stdout).toBe('three\n');
  });

  test('leaves the last good build in place when it fails, and no half-made one', () => {
    build();
    write('server/src/cli/main.ts', "import { absent } from './absent.ts';\nabsent();\n");
    const { status, stderr } = node('server/bin/build.mjs');
    expect(status).toBe(1);
    expect(stderr).toContain('./absent.ts');
    expect(node('server/dist/cli.js').stdout).toBe('first \n');
    expect(readdirSync(join(folder, 'server')).toSorted()).toEqual(
      ['bin', 'dist', 'package.json', 'rolldown.config.mjs', 'src'].toSorted(),
    );
  });
});

describe('the cnilab command', () => {
  test('builds only what it needs and hands its arguments on, with nothing else on stdout', () => {
    const first = node('server/bin/cnilab.mjs', 'ls', '--json');
    expect(first).toEqual({ status: 0, stdout: 'first ls --json\n', stderr: 'Building server\n' });
    const second = node('server/bin/cnilab.mjs', 'serve');
    expect(second).toEqual({ status: 0, stdout: 'first serve\n', stderr: 'Building web\n' });
  });

  test('says how to set up when the npm packages are not there', () => {
    rmSync(join(folder, 'node_modules'));
    const { status, stdout, stderr } = node('server/bin/cnilab.mjs', 'ls');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('npm run setup');
  });
});
