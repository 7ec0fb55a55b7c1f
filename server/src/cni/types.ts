import type { CniError } from '@cnilab/shared/cni/errors';
import type { JsonObject } from '@cnilab/shared/cni/json';
import type { NetworkList, PluginConfig } from '@cnilab/shared/cni/config';
import type { CniResult } from '@cnilab/shared/cni/result';

export type Command = 'ADD' | 'CHECK' | 'DEL' | 'GC' | 'STATUS' | 'VERSION';

/** What the caller says about one attachment (libcni's RuntimeConf). */
export interface RuntimeConf {
  containerId: string;
  /** Path of the network namespace. */
  netns: string;
  ifName: string;
  /** CNI_ARGS, in this order. */
  args: readonly (readonly [key: string, value: string])[];
  /** Values for plugins that declare the capability, by capability name. */
  capabilityArgs: JsonObject;
}

export interface ExecRequest {
  /** The executable, as `findInPath` gave it. */
  path: string;
  stdin: string;
  /** The whole environment of the process. */
  env: Record<string, string>;
  /** Aborting kills the process and everything it started in its process group. */
  signal?: AbortSignal;
}

/** How one process went. Never a throw: what went wrong is in here. */
export interface ExecOutcome {
  stdout: string;
  stderr: string;
  /** Exit code, or null when a signal ended it or it never started. */
  exit: number | null;
  /** Name of the signal that ended it, such as SIGKILL. */
  signal?: string;
  /** Milliseconds from spawn to the end of the process and of its output. */
  ms: number;
  /** Why it never started, in libcni's words (`fork/exec /x: permission denied`). */
  failure?: string;
  /** The stream that grew past the limit, for which the process was killed. */
  overflow?: 'stdout' | 'stderr';
}

/** The seam between the runtime and the machine: the lab runs plugins inside a host with it. */
export interface Exec {
  /** Throws a CniError if no directory has the plugin. */
  findInPath(type: string, directories: readonly string[]): string;
  execute(request: ExecRequest): Promise<ExecOutcome>;
}

export interface StepStart {
  phase: 'start';
  /** `type` of the plugin. */
  plugin: string;
  /** Place in the list, from 0 (also on DEL, which goes from the last to the first). */
  index: number;
  command: Command;
  /** The six CNI_* variables. */
  env: Record<string, string>;
  stdin: string;
}

export interface StepEnd extends Omit<StepStart, 'phase'> {
  phase: 'end';
  stdout: string;
  stderr: string;
  exit: number | null;
  signal?: string;
  /** Milliseconds, see ExecOutcome. */
  ms: number;
  /** False if no process was started: plugin not found, name refused, not executable. */
  started: boolean;
  /** Set if the step failed, also when it ran well but its result cannot be read. */
  error?: CniError;
}

/**
 * Called around each plugin. A step whose plugin cannot even be looked up or whose names are
 * refused has both calls as well, with `ms` 0. The runtime waits for a promise returned at `end`
 * before it goes on; what is returned at `start` is ignored. It must not throw.
 */
export type Observer = (step: StepStart | StepEnd) => void | Promise<void>;

export interface CallOptions {
  signal?: AbortSignal;
  /** Watches this call, after the runtime's own observer. */
  observer?: Observer;
}

export interface CleanUpStep {
  plugin: string;
  index: number;
  error?: CniError;
}

export interface RuntimeOptions {
  exec: Exec;
  /** Plugin directories, in the order of the search; CNI_PATH. */
  path: readonly string[];
  /** libcni's cache directory, `/var/lib/cni` on a real machine. */
  cacheDir: string;
  /** What plugins inherit; default: this process's environment at the time of the call. */
  environment?: Readonly<Record<string, string | undefined>>;
  observer?: Observer;
}

export interface Runtime {
  /**
   * Runs ADD for each plugin of the list in order. Throws a CniError at the first failure and
   * undoes nothing (A5): the caller then calls `cleanUpNetworkList`, or `delNetworkList`.
   */
  addNetworkList(list: NetworkList, rt: RuntimeConf, options?: CallOptions): Promise<CniResult>;
  /** Runs DEL from the last plugin to the first; stops and throws a CniError at a failure (D4). */
  delNetworkList(list: NetworkList, rt: RuntimeConf, options?: CallOptions): Promise<void>;
  /** ADD of one plugin configuration, without a list's error prefix (A9). */
  addNetwork(plugin: PluginConfig, rt: RuntimeConf, options?: CallOptions): Promise<CniResult>;
  delNetwork(plugin: PluginConfig, rt: RuntimeConf, options?: CallOptions): Promise<void>;
  /**
   * After a failed ADD: DEL for the first `startedCount` plugins of the list (those whose ADD was
   * started), in reverse order, past every failure. Never throws. The cache entry goes once every
   * step has succeeded, as with DEL.
   */
  cleanUpNetworkList(
    list: NetworkList,
    rt: RuntimeConf,
    startedCount: number,
    options?: CallOptions,
  ): Promise<CleanUpStep[]>;
}
