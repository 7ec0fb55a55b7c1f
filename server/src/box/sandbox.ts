import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Readable, Writable } from 'node:stream';
import type { AgentNotice } from '@cnilab/shared/protocol/agent';
import { createAgentClient } from './agentClient.ts';
import { BoxError, type Box } from './box.ts';
import { boxIdentity, canRead, type Identity } from './identity.ts';
import { pluginDirectories } from './pluginPath.ts';
import { explainRefusal } from './refusal.ts';
import { agentFiles, type AgentFiles } from './runtimeFiles.ts';
import { findTool } from './tools.ts';

const startTimeoutMs = 10_000;
const stderrKept = 16 * 1024;
const mebibyte = 1024 * 1024;

/** Files of /etc that ordinary tools read and that say nothing about this machine's network. */
const sharedEtc = [
  'alternatives',
  'bash.bashrc',
  'ethertypes',
  'iproute2',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'protocols',
  'services',
  'terminfo',
  'xtables.conf',
];

export interface SandboxOptions {
  /** Kernel features that the agent is to try. */
  features: readonly string[];
  operationTimeoutMs: number;
}

/**
 * Starts the `sandbox` kind: bubblewrap with every namespace of its own, root inside and an
 * ordinary user outside. It must be called from the main thread: the kernel ends the box when the
 * thread that started it ends (PR_SET_PDEATHSIG), which is what leaves nothing behind when this
 * process is killed.
 */
export async function startSandbox(options: SandboxOptions): Promise<Box> {
  const started = performance.now();
  const bwrap = findTool('bwrap');
  if (!bwrap) {
    throw new BoxError(
      'The sandbox needs bubblewrap, and bwrap is not installed.',
      'Install it: sudo apt-get install bubblewrap',
    );
  }
  const identity = boxIdentity();
  const files = agentFiles(identity);
  const child = spawn(bwrap, sandboxArguments(files, identity, options), {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
    ...identity,
  });
  return await connect(child, started);
}

async function connect(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  started: number,
): Promise<Box> {
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-stderrKept);
  });
  let reason: string | undefined;
  const end = (why: string) => {
    reason ??= why;
    child.kill('SIGKILL');
  };
  const client = createAgentClient(child.stdout, child.stdin, (error) => end(error.message));
  const ended = new Promise<{ reason: string }>((resolve) => {
    // `close` comes when no process of the box holds its streams any more.
    child.once('close', (code, signal) => {
      const last = stderr.trim();
      const why = reason ?? `the box ended (${signal ?? `exit ${code}`})${last ? `: ${last}` : ''}`;
      client.fail(new Error(why));
      resolve({ reason: why });
    });
    child.once('error', (error) => {
      client.fail(error);
      resolve({ reason: error.message });
    });
  });

  const ready = await new Promise<AgentNotice & { notice: 'ready' }>((resolve, reject) => {
    const timer = setTimeout(() => {
      end('the agent did not answer in time');
      reject(new BoxError(`The agent in the sandbox did not answer within ${startTimeoutMs} ms.`));
    }, startTimeoutMs);
    const unsubscribe = client.onNotice((notice) => {
      if (notice.notice !== 'ready') return;
      clearTimeout(timer);
      unsubscribe();
      resolve(notice);
    });
    void ended.then(({ reason: why }) => {
      clearTimeout(timer);
      reject(explainRefusal(stderr, why));
    });
  });
  return {
    kind: 'sandbox',
    startMs: performance.now() - started,
    features: ready.features,
    request: client.request,
    onNotice: client.onNotice,
    ended,
    async stop() {
      end('stopped');
      await ended;
    },
  };
}

function sandboxArguments(
  files: AgentFiles,
  identity: Identity,
  { features, operationTimeoutMs }: SandboxOptions,
): string[] {
  const plugins = pluginDirectories();
  const outside = plugins.filter((path) => !path.startsWith('/usr/') && existsSync(path));
  const unreadable = outside.find((path) => !canRead(path, identity));
  if (unreadable) {
    throw new BoxError(
      `The box cannot read the plugin directory ${unreadable}: it runs as an unprivileged user.`,
      `Make it readable: chmod a+rX ${unreadable}`,
    );
  }
  const environment = {
    PATH: ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':'),
    HOME: '/root',
    LANG: 'C.UTF-8',
    CNI_PATH: plugins.join(':'),
    CNILAB_OPERATION_TIMEOUT_MS: String(operationTimeoutMs),
    // One thread of the pool waits for the kernel's events all the time.
    UV_THREADPOOL_SIZE: '8',
  };
  return [
    ...['--unshare-all', '--die-with-parent', '--uid', '0', '--gid', '0', '--cap-add', 'ALL'],
    ...['--hostname', 'box', '--ro-bind', '/usr', '/usr', ...topLevelLinks()],
    ...['--proc', '/proc', '--dev', '/dev', '--ro-bind', '/sys', '/sys'],
    ...['/run', '/var', '/tmp', '/root'].flatMap((path) => limitedTmpfs(path, 64)),
    ...limitedTmpfs('/hosts', 1024),
    ...sharedEtc.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/base/etc/${name}`]),
    ...['--symlink', '/base/etc/alternatives', '/etc/alternatives'],
    ...outside.flatMap((path) => ['--ro-bind', path, path]),
    ...files.binds.flatMap(([from, to]) => ['--ro-bind', from, to]),
    ...['--chdir', '/', '--clearenv'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--', files.node, files.agent, ...features],
  ];
}

const limitedTmpfs = (path: string, mebibytes: number): string[] => [
  '--size',
  String(mebibytes * mebibyte),
  '--tmpfs',
  path,
];

/** /bin, /lib, …: symlinks into /usr on a merged system, folders of their own on others. */
function topLevelLinks(): string[] {
  return ['bin', 'sbin', 'lib', 'lib32', 'lib64'].flatMap((name) => {
    const path = `/${name}`;
    if (!existsSync(path)) return [];
    return lstatSync(path).isSymbolicLink()
      ? ['--symlink', readlinkSync(path), path]
      : ['--ro-bind', path, path];
  });
}
