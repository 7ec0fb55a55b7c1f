import { type NetworkList, listOfPlugin } from '@cnilab/shared/cni/config';
import type { CacheRecord } from './cacheRecord.ts';
import { readCachedAttachments, readCachedConfig } from './cache.ts';
import { createChain } from './chain.ts';
import { createNetworkCalls } from './networkCalls.ts';
import { describeAlone, describeInList } from './pluginErrors.ts';
import { createQueue } from './queue.ts';
import { createStepRunner } from './step.ts';
import type {
  CachedConfig,
  NetworkAttachment,
  Runtime,
  RuntimeConf,
  RuntimeOptions,
} from './types.ts';

/**
 * A CNI runtime over one cache and one set of plugin directories. Calls about one container run one
 * after the other, and GC runs alone, as the specification asks of those who call plugins (O1); so
 * an observer must not wait for another call about its own container.
 */
export function createRuntime(options: RuntimeOptions): Runtime {
  const runStep = createStepRunner(options);
  const chain = createChain(options, runStep);

  const getCachedAttachments = async (containerId?: string): Promise<NetworkAttachment[]> =>
    readCachedAttachments(options.cacheDir, containerId).map(attachmentOf);
  const cachedConfig = (list: NetworkList, rt: RuntimeConf): CachedConfig | undefined => {
    const record = readCachedConfig(chain.cacheKey(list.name, rt));
    if (!record) return undefined;
    const { config, args, capabilityArgs } = record;
    return { config, rt: { ...rt, capabilityArgs, ...(args === undefined ? {} : { args }) } };
  };
  const network = createNetworkCalls(options, runStep, {
    getCachedAttachments,
    del: (list, rt, call) => chain.del(list, rt, call, describeInList),
  });

  const queue = createQueue();
  const inTurn = <T>({ containerId }: RuntimeConf, action: () => Promise<T>): Promise<T> =>
    queue.inTurn(containerId, action);

  return {
    addNetworkList: (list, rt, call = {}) =>
      inTurn(rt, () => chain.add(list, rt, call, describeInList, list.bytes)),
    delNetworkList: (list, rt, call = {}) =>
      inTurn(rt, () => chain.del(list, rt, call, describeInList)),
    checkNetworkList: (list, rt, call = {}) => inTurn(rt, () => chain.check(list, rt, call)),
    cleanUpNetworkList: (list, rt, startedCount, call = {}) =>
      inTurn(rt, () => chain.cleanUp(list, rt, startedCount, call)),
    gcNetworkList: (list, args, call = {}) => queue.alone(() => network.gc(list, args, call)),
    getStatusNetworkList: (list, call = {}) => network.status(list, call),

    addNetwork: (plugin, rt, call = {}) =>
      inTurn(rt, () => chain.add(listOfPlugin(plugin), rt, call, describeAlone, plugin.bytes)),
    delNetwork: (plugin, rt, call = {}) =>
      inTurn(rt, () => chain.del(listOfPlugin(plugin), rt, call, describeAlone)),
    checkNetwork: (plugin, rt, call = {}) =>
      inTurn(rt, () => chain.check(listOfPlugin(plugin), rt, call)),

    getVersionInfo: (type, call = {}) => network.versionInfo(type, 0, call),
    validateNetworkList: (list, call = {}) => network.validateList(list, call),
    validateNetwork: (plugin, call = {}) => network.validate(plugin, call),

    getCachedAttachments,
    getNetworkListCachedResult: async (list, rt) => chain.cachedResult(list, rt),
    getNetworkCachedResult: async (plugin, rt) => chain.cachedResult(listOfPlugin(plugin), rt),
    getNetworkListCachedConfig: async (list, rt) => cachedConfig(list, rt),
    getNetworkCachedConfig: async (plugin, rt) => cachedConfig(listOfPlugin(plugin), rt),
  };
}

const attachmentOf = (record: CacheRecord): NetworkAttachment => ({
  network: record.network,
  containerId: record.containerId,
  ifName: record.ifName,
  netns: record.netns,
  args: record.args ?? [],
  capabilityArgs: record.capabilityArgs,
  config: record.config,
});
