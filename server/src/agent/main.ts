import { stat } from 'node:fs/promises';
import { writeSync } from 'node:fs';
import {
  agentMethods,
  requestSchema,
  type AgentMethods,
  type AgentMethod,
} from '@cnilab/shared/protocol/agent';
import { readLines } from '../box/lines.ts';
import { createReactor } from '../netlink/reactor.ts';
import { createAttribution } from './attribution.ts';
import { createChangeStream } from './changes.ts';
import { runCheck } from './checks.ts';
import { createCommands } from './commands.ts';
import { createElements } from './elements.ts';
import { createFirstRuns } from './firstRuns.ts';
import { messageOf } from './failure.ts';
import { tryFeatures } from './features.ts';
import { createLab } from './lab.ts';
import { setLimits } from './limits.ts';
import { createLooks } from './looks/looks.ts';
import { createObserver } from './observer.ts';
import { runOperationCheck } from './probes/operation.ts';
import { createRecorder } from './operationRecord.ts';
import { createOperations } from './operations.ts';
import { createProcesses } from './processes.ts';
import type { Space } from './space.ts';
import { createTurns } from './turns.ts';
import { createOutgoing } from './outgoing.ts';
import { mountSysfs, segmentsSpace } from './spaces.ts';

/**
 * The agent: the only part of cnilab that touches a kernel. It runs inside a box as root of that
 * box, answers requests on stdin and tells what happens on stdout, one JSON object a line.
 */

const outgoing = createOutgoing(process.stdout);
const { send } = outgoing;

setLimits();
// The box's own /sys would show this machine's links.
mountSysfs();
// Makes libuv's whole thread pool now: a thread that is born while this one is inside a host would
// stay in it for ever.
await stat('/');

const changes = createChangeStream(outgoing, (id) => observer.namespace(id));
const reactor = createReactor();
const attribution = createAttribution();
const turns = createTurns();
const observer = createObserver(reactor, attribution, (told) => {
  turns.see(told.change);
  changes.tell(told);
});
observer.watch(segmentsSpace);
const elements = createElements(changes.emit);
const timeoutMs = Number(process.env.CNILAB_OPERATION_TIMEOUT_MS);
const record = createRecorder(observer, attribution, createFirstRuns(), changes.emit, timeoutMs);
const operations = createOperations(record);
const lab = createLab(observer, operations, elements, turns);
const processes = createProcesses(
  outgoing,
  (notice) => {
    // What a command did is told before what it said, and all of it before its end.
    if (notice.notice === 'exit') {
      observer.drainAll();
      changes.flushAll();
    } else changes.flush();
    send(notice);
  },
  createCommands(attribution, observer.drainAround),
);

const looks = createLooks(observer, reactor, (look, seen) => {
  send({ notice: 'seen', look, seen });
});

const spaceOf = (id: string): Space => {
  const space = observer.space(id);
  if (!space || id === '') throw new Error(`There is no host or pod ${id} in this lab.`);
  return space;
};

const handlers: {
  [M in AgentMethod]: (
    params: AgentMethods[M]['params'],
  ) => Promise<AgentMethods[M]['result']> | AgentMethods[M]['result'];
} = {
  apply: async (params) => {
    const result = await lab.apply(params.lab);
    changes.flushAll();
    return result;
  },
  check: ({ check }) =>
    runCheck(check, {
      space: (id) => (id === '' ? undefined : observer.space(id)),
      resolve: lab.addressOf,
      reactor,
      operation: runOperationCheck(lab.operate),
    }),
  operate: async (request) => {
    const operations = await lab.operate(request);
    changes.flushAll();
    return { operations };
  },
  look: ({ look, isOn }) => (looks.set(look, isOn), {}),
  spawn: async (params) => {
    await processes.spawn(params, spaceOf(params.target));
    return {};
  },
  input: ({ process: id, data }) => (processes.input(id, Buffer.from(data, 'base64')), {}),
  closeInput: ({ process: id }) => (processes.closeInput(id), {}),
  resize: ({ process: id, columns, rows }) => (processes.resize(id, columns, rows), {}),
  pause: ({ process: id, paused }) => (processes.pause(id, paused), {}),
  kill: ({ process: id, signal }) => (processes.kill(id, signal), {}),
};

const isMethod = (name: string): name is AgentMethod => Object.hasOwn(agentMethods, name);

async function answer<M extends AgentMethod>(method: M, params: unknown): Promise<unknown> {
  const parsed: unknown = agentMethods[method].params.parse(params);
  // The schema of this method has parsed it.
  return await handlers[method](parsed as AgentMethods[M]['params']);
}

async function receive(line: string): Promise<void> {
  const request = requestSchema.parse(JSON.parse(line));
  changes.open(); // who asks, listens
  try {
    if (!isMethod(request.method)) throw new Error(`the agent knows no ${request.method}`);
    send({ id: request.id, result: await answer(request.method, request.params) });
  } catch (error) {
    send({ id: request.id, error: messageOf(error) });
  }
}

const fail = (error: unknown): void => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  writeSync(2, `the agent failed: ${text}\n`);
  process.exit(70);
};
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
readLines(process.stdin, (line) => void receive(line).catch(fail), fail);
// The server is gone: so is the box.
process.stdin.on('end', () => process.exit(0));

send({ notice: 'ready', pid: process.pid, features: tryFeatures(process.argv.slice(2)) });
