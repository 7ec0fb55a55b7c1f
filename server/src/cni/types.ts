import type { CniError } from '@cnilab/shared/cni/errors';
import type { JsonObject } from '@cnilab/shared/cni/json';
import type { NetworkList, PluginConfig } from '@cnilab/shared/cni/config';
import type { CniResult } from '@cnilab/shared/cni/result';
import type { PluginInfo } from './versionInfo.ts';

/** The operations of a plugin (SPEC 2, "CNI operations"). */
export type Command = 'ADD' | 'CHECK' | 'DEL' | 'GC' | 'STATUS' | 'VERSION';

/** What the caller says about one attachment (libcni's RuntimeConf; SPEC 3, "Attachment Parameters"). */
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
 * refused has both calls as well, with `ms` 0. The runtime waits for a promise that is returned
 * before it goes on, so that an observer may hold a plugin back. It must not throw.
 */
export type Observer = (step: StepStart | StepEnd) => void | Promise<void>;

/** Where a call belongs in a distributed trace: W3C texts, as OpenTelemetry carries them. */
export interface TraceContext {
  traceparent: string;
  tracestate?: string;
  baggage?: string;
}

export interface CallOptions {
  /** Plugins get what is not empty of it as TRACEPARENT, TRACESTATE and BAGGAGE (E8). */
  trace?: TraceContext;
  signal?: AbortSignal;
  /** Watches this call, after the runtime's own observer. */
  observer?: Observer;
}

/** Which attachment: the two values by which GC knows it. */
export interface GCAttachment {
  containerId: string;
  ifName: string;
}

export interface GCArgs {
  /** What still lives; everything else goes. Absent: nothing lives, and plugins are told null. */
  validAttachments?: readonly GCAttachment[];
}

/** An attachment as the cache knows it (libcni's NetworkAttachment). */
export interface NetworkAttachment extends RuntimeConf {
  network: string;
  /** Text of the configuration at the time of its ADD. */
  config: string;
}

/** A cached configuration, and the runtime values completed from the cache. */
export interface CachedConfig {
  config: string;
  rt: RuntimeConf;
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
   * Runs ADD for each plugin of the list in order, and caches the last result, which it gives in
   * the version that the plugin chose (SPEC 3, "Adding an attachment"). Throws a CniError at the
   * first failure and undoes nothing (A5): the caller then calls `cleanUpNetworkList`, or
   * `delNetworkList`.
   */
  addNetworkList(list: NetworkList, rt: RuntimeConf, options?: CallOptions): Promise<CniResult>;
  /**
   * Runs DEL from the last plugin to the first with the cached result, then forgets it (SPEC 3,
   * "Deleting an attachment"). Stops and throws a CniError at a failure (D4). Can be repeated.
   */
  delNetworkList(list: NetworkList, rt: RuntimeConf, options?: CallOptions): Promise<void>;
  /**
   * Runs CHECK for each plugin in order with the cached result (SPEC 3, "Checking an attachment").
   * Throws a CniError: the first failure without a prefix
   * (Q5), or why there can be no CHECK (Q1, Q4). Nothing runs with `disableCheck`.
   */
  checkNetworkList(list: NetworkList, rt: RuntimeConf, options?: CallOptions): Promise<void>;
  /**
   * Runs DEL for the cached attachments of the list that are not valid any more, then GC for every
   * plugin (SPEC 3, "Garbage-collecting a network"; G1–G9). Gives what is gone. Throws one CniError that tells all that went wrong; its
   * cause is an AggregateError.
   */
  gcNetworkList(
    list: NetworkList,
    args?: GCArgs,
    options?: CallOptions,
  ): Promise<NetworkAttachment[]>;
  /**
   * Asks each plugin in order whether it can serve an ADD (SPEC 2, "STATUS"). Throws the first
   * CniError (U4): code 50 for not at all, 51 for running containers only. Below version 1.1.0
   * nothing is asked (U3).
   */
  getStatusNetworkList(list: NetworkList, options?: CallOptions): Promise<void>;

  /** ADD of one plugin configuration, without a list's error prefix (A9). */
  addNetwork(plugin: PluginConfig, rt: RuntimeConf, options?: CallOptions): Promise<CniResult>;
  delNetwork(plugin: PluginConfig, rt: RuntimeConf, options?: CallOptions): Promise<void>;
  /** Like a list's CHECK; a single configuration has no `disableCheck` (Q6). */
  checkNetwork(plugin: PluginConfig, rt: RuntimeConf, options?: CallOptions): Promise<void>;

  /**
   * The versions that a plugin says it takes (SPEC 2, "VERSION"). Throws a CniError if it is missing
   * or gives no answer.
   */
  getVersionInfo(type: string, options?: CallOptions): Promise<PluginInfo>;
  /**
   * Tests that every plugin is there and takes the list's version. Gives the capabilities that the
   * list declares. Throws one CniError with all problems (W4).
   */
  validateNetworkList(list: NetworkList, options?: CallOptions): Promise<string[]>;
  validateNetwork(plugin: PluginConfig, options?: CallOptions): Promise<string[]>;

  /** The cached attachments, all or those of one container, in the order of file names (K8). */
  getCachedAttachments(containerId?: string): Promise<NetworkAttachment[]>;
  /** The cached result in the list's version; undefined if there is none. Throws a CniError. */
  getNetworkListCachedResult(list: NetworkList, rt: RuntimeConf): Promise<CniResult | undefined>;
  getNetworkCachedResult(plugin: PluginConfig, rt: RuntimeConf): Promise<CniResult | undefined>;
  /** The cached configuration and runtime values (K9); undefined if there are none. */
  getNetworkListCachedConfig(list: NetworkList, rt: RuntimeConf): Promise<CachedConfig | undefined>;
  getNetworkCachedConfig(plugin: PluginConfig, rt: RuntimeConf): Promise<CachedConfig | undefined>;
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
