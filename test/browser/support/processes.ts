import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../server/dist/cli.js', import.meta.url));

export interface CommandResult {
  exit: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the built command line to its end. */
export async function cnilab(...args: string[]): Promise<CommandResult> {
  const child = start(args);
  const [stdout, stderr, exit] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    exitOf(child),
  ]);
  return { exit, stdout, stderr };
}

export interface TestServer {
  /** Without the slash at its end. */
  url: string;
  port: number;
  stop(): Promise<void>;
}

/**
 * Starts `cnilab serve` as a person does, and waits for the line that says it is ready.
 * @param options.port 0 takes a free one
 * @throws Error with what the server printed when it ends instead
 */
export async function startServer(options: {
  data: string;
  port?: number;
  env?: Record<string, string>;
}): Promise<TestServer> {
  const { data, port = 0, env = {} } = options;
  const child = start(['serve', '--port', String(port), '--data', data], env);
  const ended = exitOf(child);
  const stderr = textOf(child.stderr);
  const address = await addressFrom(child.stdout);
  if (address === undefined) throw new Error(`The server ended: ${await stderr}`);
  return {
    url: address.origin,
    port: Number(address.port),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function start(args: string[], env: Record<string, string> = {}): Child {
  return spawn(process.execPath, ['--enable-source-maps', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
}

const exitOf = (child: Child): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('exit', resolve);
    child.once('error', reject);
  });

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** The address of the ready line; undefined when the output ends without it. */
function addressFrom(stdout: Readable): Promise<URL | undefined> {
  return new Promise((resolve) => {
    let text = '';
    stdout.setEncoding('utf8');
    stdout.on('data', (chunk: string) => {
      text += chunk;
      const found = /cnilab is ready: (\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(new URL(found));
    });
    stdout.once('end', () => resolve(undefined));
  });
}
