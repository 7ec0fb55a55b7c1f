import { kernelNeeds } from '@cnilab/shared/lab/needs';
import { parseLab } from '@cnilab/shared/lab/parse';
import type { CompiledLab } from '@cnilab/shared/lab/compiled';
import type { AgentMethod, AgentMethods, ApplyResult } from '@cnilab/shared/protocol/agent';
import type { LabDocument, LabEntry } from '@cnilab/shared/protocol/api';
import type { CheckResult } from '@cnilab/shared/protocol/checks';
import type { Snapshot } from '@cnilab/shared/live/events';
import type { BoxOptions, Box } from '../box/box.ts';
import type { Documents, StoredDocument } from './documents.ts';
import { compileText, summaryOf, type LabSummary } from './labText.ts';
import { ProblemError } from './problem.ts';
import { startRun, type Run } from './running.ts';

/** What happens to the runs of one name. */
export interface LabListener {
  started(run: Run): void;
  /** The run of this name is gone; with a reason when nobody asked for that. */
  stopped(reason?: string): void;
}

/** Documents and their runs: everything that the page and the command line can ask for. */
export interface Labs {
  list(): Promise<LabEntry[]>;
  get(name: string): Promise<LabDocument>;
  create(text: string): Promise<LabDocument>;
  save(name: string, base: string, text: string): Promise<LabDocument>;
  remove(name: string): Promise<void>;
  deploy(name: string): Promise<ApplyResult>;
  stop(name: string): Promise<void>;
  reset(name: string): Promise<ApplyResult>;
  state(name: string): Snapshot;
  runChecks(name: string): Promise<CheckResult[]>;
  request<M extends AgentMethod>(
    name: string,
    method: M,
    params: AgentMethods[M]['params'],
  ): Promise<AgentMethods[M]['result']>;
  /** The run of a lab: also one that failed, until the next deploy or stop. */
  run(name: string): Run | undefined;
  /** The run of a lab whose box is there. */
  liveRun(name: string): Promise<Run>;
  watch(name: string, listener: LabListener): () => void;
  /** Calls back when the list of labs or the state of one changed. */
  onList(listener: () => void): () => void;
  onSaved(listener: (name: string, revision: string) => void): () => void;
  /** Ends all boxes, within 2 s. */
  close(): Promise<void>;
}

export type StartBox = (options: BoxOptions) => Promise<Box>;

export function createLabs(documents: Documents, startBox: StartBox): Labs {
  const runs = new Map<string, Run>();
  const watchers = new Map<string, Set<LabListener>>();
  const listListeners = new Set<() => void>();
  const savedListeners = new Set<(name: string, revision: string) => void>();
  const summaries = new Map<string, LabSummary>();
  let closed = false;

  const listChanged = () => listListeners.forEach((listener) => listener());
  const tell = (name: string, message: (listener: LabListener) => void) =>
    [...(watchers.get(name) ?? [])].forEach(message);

  const start = (name: string, lab: CompiledLab): Run => {
    if (closed) throw new ProblemError('not-running', 'The server is ending.');
    const run = startRun(() => startBox({ kind: lab.box, needs: kernelNeeds(lab) }));
    runs.set(name, run);
    let state: Snapshot['state'] | undefined;
    run.listen({
      events: () => {
        if (run.snapshot().state !== state) listChanged();
        state = run.snapshot().state;
      },
      ended: (reason) => {
        const current = nameOfRun(run);
        if (current !== undefined) tell(current, (listener) => listener.stopped(reason));
      },
    });
    tell(name, (listener) => listener.started(run));
    listChanged();
    return run;
  };
  const nameOfRun = (run: Run) => [...runs].find(([, known]) => known === run)?.[0];

  const stop = async (name: string) => {
    const run = runs.get(name);
    if (run === undefined) return;
    const failed = run.hasEnded();
    const stopping = run.stop();
    runs.delete(name);
    if (failed) tell(name, (listener) => listener.stopped());
    listChanged();
    await stopping;
  };

  const deploy = (name: string, lab: CompiledLab) => {
    const known = runs.get(name);
    const run = known === undefined || known.hasEnded() ? start(name, lab) : known;
    return run.apply(lab);
  };
  const compiled = async (name: string) => compileText((await documents.get(name)).text);

  /** A lab that runs is known, also when somebody took its file away. */
  const mustBeKnown = async (name: string) => {
    if (!runs.has(name)) await documents.get(name);
  };

  const liveRun = async (name: string): Promise<Run> => {
    await mustBeKnown(name);
    const run = runs.get(name);
    if (run !== undefined && !run.hasEnded()) return run;
    throw notRunning(name, run?.snapshot().error);
  };

  const changed = (document: StoredDocument): LabDocument => {
    for (const listener of savedListeners) listener(document.name, document.revision);
    listChanged();
    return asDocument(document);
  };

  const summary = ({ revision, text }: StoredDocument): LabSummary => {
    const known = summaries.get(revision) ?? summaryOf(text);
    // The one that was used last is the last to be forgotten.
    summaries.delete(revision);
    summaries.set(revision, known);
    for (const oldest of summaries.keys()) {
      if (summaries.size <= 1000) break;
      summaries.delete(oldest);
    }
    return known;
  };

  return {
    list: async () =>
      (await documents.list()).map((document) => ({
        name: document.name,
        revision: document.revision,
        modified: document.modified,
        ...summary(document),
        state: runs.get(document.name)?.snapshot().state ?? 'stopped',
      })),
    get: async (name) => asDocument(await documents.get(name)),
    create: async (text) => changed(await documents.create(text)),
    save: async (name, base, text) => {
      const document = await documents.save(name, base, text);
      if (document.name !== name) await moveRun(document.name, name);
      return changed(document);
    },
    remove: async (name) => {
      await documents.remove(name);
      await stop(name);
      listChanged();
    },
    deploy: async (name) => deploy(name, await compiled(name)),
    stop: async (name) => {
      await mustBeKnown(name);
      await stop(name);
    },
    reset: async (name) => {
      const lab = await compiled(name);
      await stop(name);
      return deploy(name, lab);
    },
    state: (name) => {
      const run = runs.get(name);
      if (run === undefined) throw notRunning(name, undefined);
      return run.snapshot();
    },
    runChecks: async (name) => {
      const { lab } = parseLab((await documents.get(name)).text);
      const run = await liveRun(name);
      const results: CheckResult[] = [];
      for (const check of lab?.checks ?? []) results.push(await run.request('check', { check }));
      return results;
    },
    request: async (name, method, params) => (await liveRun(name)).request(method, params),
    run: (name) => runs.get(name),
    liveRun,
    watch: (name, listener) => {
      const known = watchers.get(name) ?? new Set();
      watchers.set(name, known.add(listener));
      return () => {
        known.delete(listener);
        if (known.size === 0 && watchers.get(name) === known) watchers.delete(name);
      };
    },
    onList: (listener) => {
      listListeners.add(listener);
      return () => void listListeners.delete(listener);
    },
    onSaved: (listener) => {
      savedListeners.add(listener);
      return () => void savedListeners.delete(listener);
    },
    close: async () => {
      closed = true;
      await Promise.all([...runs.keys()].map(stop));
    },
  };

  /** A lab that is renamed while it runs goes on running; who watched the old name is told. */
  async function moveRun(to: string, from: string): Promise<void> {
    const run = runs.get(from);
    if (run === undefined) return;
    // One that runs there without a document, which somebody took away: nobody could end it later.
    const replaced = stop(to);
    runs.delete(from);
    runs.set(to, run);
    tell(from, (listener) => listener.stopped(`The lab is called ${to} now.`));
    tell(to, (listener) => listener.started(run));
    await replaced;
  }
}

const asDocument = ({ name, text, revision }: StoredDocument): LabDocument => ({
  name,
  text,
  revision,
});

function notRunning(name: string, error: string | undefined): ProblemError {
  return new ProblemError(
    'not-running',
    error === undefined
      ? `Lab ${name} does not run: deploy it first.`
      : `Lab ${name} does not run: ${error} Deploy it again.`,
  );
}
