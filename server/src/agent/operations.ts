import type { NetworkList } from '@cnilab/shared/cni/config';
import { resultText } from '@cnilab/shared/cni/encodeResult';
import { libraryError, toCniError } from '@cnilab/shared/cni/errors';
import type { CniResult } from '@cnilab/shared/cni/result';
import type { Operation } from '@cnilab/shared/live/operation';
import { splitPath } from '../cni/environment.ts';
import { createExec } from '../cni/execute.ts';
import { supportsGC } from '../cni/networkCalls.ts';
import { createRuntime } from '../cni/runtime.ts';
import type { CallOptions, GCAttachment, Runtime, RuntimeConf } from '../cni/types.ts';
import { hostFolder } from './hostFiles.ts';
import { errorObject, type RecordOperation, type Subject } from './operationRecord.ts';
import { spawnInside } from './run.ts';
import type { Space } from './space.ts';

/** One attachment as the runtime is asked for it. */
export interface Call {
  host: Space;
  pod: Space;
  podName: string;
  network: string;
  list: NetworkList;
  conf: RuntimeConf;
  /** Milliseconds, if it is less than what operations have anyway. */
  timeoutMs?: number;
}

/** A network of a host as a whole. */
export type NetworkCall = Pick<Call, 'host' | 'list' | 'timeoutMs'>;

/** What hosts are asked for. None of it throws: how it went is in the operation. */
export interface Operations {
  add(call: Call): Promise<{ operation: Operation; result?: CniResult }>;
  check(call: Call): Promise<Operation>;
  del(call: Call): Promise<Operation>;
  /** The lab's own clean-up: DEL past every failure, for the plugins whose ADD was started. */
  cleanUp(call: Call, startedCount: number): Promise<Operation>;
  /** Takes away what is in the host's cache for this network and is not among `valid`. */
  gc(call: NetworkCall, valid: readonly GCAttachment[]): Promise<Operation>;
  status(call: NetworkCall): Promise<Operation>;
  /** Asks every plugin of the network, those of IPAM too, for the versions that it takes. */
  version(call: NetworkCall): Promise<Operation>;
}

/** Runs the CNI runtime in hosts. */
export function createOperations(record: RecordOperation): Operations {
  /** One for each host, because it keeps the calls about one container in their order. */
  const runtimes = new WeakMap<Space, Runtime>();
  const runtimeOf = (host: Space): Runtime => {
    const known = runtimes.get(host);
    if (known) return known;
    const runtime = createRuntime({
      exec: createExec({ spawn: (path, options) => spawnInside(host, path, [], options) }),
      path: splitPath(process.env.CNI_PATH).filter(Boolean),
      cacheDir: `${hostFolder(host.host)}/var/lib/cni`,
      environment: host.environment,
    });
    runtimes.set(host, runtime);
    return runtime;
  };

  return {
    async add(call) {
      const { list, conf } = call;
      const { operation, value } = await record(
        'ADD',
        attachmentOf(call),
        (options) => runtimeOf(call.host).addNetworkList(list, conf, options),
        (result) => ({ result: resultText(result) }),
      );
      return value ? { operation, result: value } : { operation };
    },
    async check(call) {
      const { list, conf } = call;
      const { operation } = await record(
        'CHECK',
        attachmentOf(call),
        (options) => runtimeOf(call.host).checkNetworkList(list, conf, options),
        () => notAsked(list.disableCheck && `network ${list.name} has disableCheck`),
      );
      return operation;
    },
    async del(call) {
      const { list, conf } = call;
      const { operation } = await record('DEL', attachmentOf(call), (options) =>
        runtimeOf(call.host).delNetworkList(list, conf, options),
      );
      return operation;
    },
    async cleanUp(call, startedCount) {
      const { list, conf } = call;
      const { operation } = await record(
        'DEL',
        { ...attachmentOf(call), cleanup: true },
        (options) => runtimeOf(call.host).cleanUpNetworkList(list, conf, startedCount, options),
        (steps) => {
          const failed = steps.find((step) => step.error);
          if (!failed?.error) return {};
          return { ok: false, error: errorObject(failed.error, failed.plugin) };
        },
      );
      return operation;
    },
    async gc(call, valid) {
      const { list } = call;
      const { operation } = await record(
        'GC',
        networkOf(call),
        (options) => runtimeOf(call.host).gcNetworkList(list, { validAttachments: valid }, options),
        () => notAsked(list.disableGC && `network ${list.name} has disableGC`),
      );
      return operation;
    },
    async status(call) {
      const { list } = call;
      const { operation } = await record(
        'STATUS',
        networkOf(call),
        (options) => runtimeOf(call.host).getStatusNetworkList(list, options),
        () => notAsked(!supportsGC(list) && 'plugins have STATUS from version 1.1.0 on'),
      );
      return operation;
    },
    async version(call) {
      const { operation } = await record(
        'VERSION',
        networkOf(call),
        (options) => askVersions(runtimeOf(call.host), call.list, options),
        ({ versions, wantedVersion, problems }) => ({
          versions,
          wantedVersion,
          ...(problems.length === 0
            ? {}
            : { ok: false, error: errorObject(libraryError(problems.join('\n')), undefined) }),
        }),
      );
      return operation;
    },
  };
}

const attachmentOf = (call: Call): Subject => ({
  ...networkOf(call),
  network: call.network,
  attachment: { pod: call.pod, podName: call.podName, ifName: call.conf.ifName },
});

const networkOf = ({ host, list, timeoutMs }: NetworkCall): Subject => ({
  host,
  network: list.name,
  text: list.bytes,
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
});

const notAsked = (reason: string | false): Partial<Operation> =>
  reason === false ? {} : { notAsked: reason };

/** What each plugin takes, and what is wrong: it is not there, or does not take the network's. */
async function askVersions(runtime: Runtime, list: NetworkList, options: CallOptions) {
  const versions: NonNullable<Operation['versions']> = [];
  const problems: string[] = [];
  const types = list.plugins.flatMap(({ type, ipamType }) => (ipamType ? [type, ipamType] : type));
  const wantedVersion = list.cniVersion === '' ? '0.1.0' : list.cniVersion;
  for (const plugin of new Set(types)) {
    try {
      const { supportedVersions } = await runtime.getVersionInfo(plugin, options);
      versions.push({ plugin, versions: supportedVersions });
      if (!supportedVersions.includes(wantedVersion)) {
        problems.push(
          `plugin ${plugin} does not take version ${wantedVersion} of network ${list.name}; it takes ${supportedVersions.join(', ')}`,
        );
      }
    } catch (error) {
      problems.push(toCniError(error).message);
    }
  }
  return { versions, wantedVersion, problems };
}
