import type { Operation, Step } from '@cnilab/shared/live/operation';

/** Operations for tests: done and well, but for what is given. */

let lastId = 0;

export const operation = (op: Operation['op'], rest: Partial<Operation> = {}): Operation => ({
  id: ++lastId,
  op,
  host: 'node1',
  pod: op === 'ADD' || op === 'DEL' || op === 'CHECK' ? 'web' : '',
  network: 'mynet',
  interface: op === 'ADD' || op === 'DEL' || op === 'CHECK' ? 'eth0' : '',
  started: 0,
  done: true,
  ok: true,
  ms: 12,
  steps: [],
  error: null,
  ...rest,
});

export const step = (plugin: string, env: Record<string, string> = {}): Step => ({
  plugin,
  env,
  stdin: '',
  stdout: '',
  stderr: '',
  exit: 0,
  ms: 3,
  kernel: [],
});
