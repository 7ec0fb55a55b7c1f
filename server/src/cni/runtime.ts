import { type NetworkList, type PluginConfig, listOfPlugin } from '@cnilab/shared/cni/config';
import { convertResult } from '@cnilab/shared/cni/convertResult';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { resultText } from '@cnilab/shared/cni/encodeResult';
import { CniError, libraryError, toCniError } from '@cnilab/shared/cni/errors';
import {
  type NameProblem,
  containerIdProblem,
  interfaceNameProblem,
  networkNameProblem,
} from '@cnilab/shared/cni/names';
import type { CniResult } from '@cnilab/shared/cni/result';
import { parseVersion, versionAtLeast } from '@cnilab/shared/cni/versions';
import { type CacheKey, readCachedResult, removeCache, writeCache } from './cache.ts';
import { goQuote } from './goText.ts';
import { type StepRequest, createStepRunner } from './step.ts';
import type { CallOptions, CleanUpStep, Runtime, RuntimeConf, RuntimeOptions } from './types.ts';

/** DEL and CHECK have a prevResult from this version on (D2, D3b). */
const prevResultSince = '0.4.0';

/** A CNI runtime over one cache and one set of plugin directories; it keeps no state of its own. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const runStep = createStepRunner(options);

  const cacheKey = (network: string, rt: RuntimeConf): CacheKey => ({
    cacheDir: options.cacheDir,
    network,
    containerId: rt.containerId,
    ifName: rt.ifName,
  });

  const step = (
    command: 'ADD' | 'DEL',
    list: NetworkList,
    plugin: PluginConfig,
    index: number,
    rt: RuntimeConf,
    call: CallOptions,
    prevResult: string | undefined,
  ): StepRequest => ({
    command,
    network: list,
    plugin,
    index,
    rt,
    call,
    ...(prevResult === undefined ? {} : { prevResult }),
  });

  const add = async (
    list: NetworkList,
    rt: RuntimeConf,
    call: CallOptions,
    describe: Describe,
    bytes: string,
  ): Promise<CniResult> => {
    let result: CniResult | undefined;
    for (const [index, plugin] of list.plugins.entries()) {
      const prevResult = result && resultText(result);
      try {
        const request = step('ADD', list, plugin, index, rt, call, prevResult);
        result = await runStep(
          request,
          (stdout) => parseResult(stdout, list.cniVersion),
          () => refuseNames(list.name, rt),
        );
      } catch (error) {
        throw describe(plugin, 'add', error);
      }
    }
    if (!result) throw libraryError('no plugin configs found');
    try {
      writeCache(cacheKey(list.name, rt), rt, bytes, result);
    } catch (error) {
      throw libraryError(
        `failed to set network ${goQuote(list.name)} cached result: ${toCniError(error).message}`,
        error,
      );
    }
    return result;
  };

  /** The result that DEL hands to every plugin, as text. */
  const prevResultForDel = (list: NetworkList, rt: RuntimeConf): string | undefined => {
    if (!versionAtLeast(list.cniVersion, prevResultSince)) return undefined;
    const key = cacheKey(list.name, rt);
    try {
      const cached = readCachedResult(key);
      return cached && resultText(convertResult(cached, list.cniVersion));
    } catch {
      // What nobody can read must not keep the network from being taken down (D3).
      removeCache(key);
      return undefined;
    }
  };

  const del = async (
    list: NetworkList,
    rt: RuntimeConf,
    call: CallOptions,
    describe: Describe,
  ): Promise<void> => {
    const prevResult = prevResultForDel(list, rt);
    for (const [index, plugin] of [...list.plugins.entries()].toReversed()) {
      try {
        await runStep(step('DEL', list, plugin, index, rt, call, prevResult));
      } catch (error) {
        throw describe(plugin, 'delete', error);
      }
    }
    removeCache(cacheKey(list.name, rt));
  };

  return {
    addNetworkList: (list, rt, call = {}) => add(list, rt, call, describeInList, list.bytes),
    delNetworkList: (list, rt, call = {}) => del(list, rt, call, describeInList),
    addNetwork: (plugin, rt, call = {}) =>
      add(listOfPlugin(plugin), rt, call, describeAlone, plugin.bytes),
    delNetwork: (plugin, rt, call = {}) => del(listOfPlugin(plugin), rt, call, describeAlone),
    async cleanUpNetworkList(list, rt, startedCount, call = {}) {
      // An unreadable version stops a DEL; here it only means that there is nothing to hand over.
      const readable = isVersion(list.cniVersion);
      const prevResult = readable ? prevResultForDel(list, rt) : undefined;
      const steps: CleanUpStep[] = [];
      const started = list.plugins.slice(0, startedCount);
      for (const [index, plugin] of [...started.entries()].toReversed()) {
        try {
          await runStep(step('DEL', list, plugin, index, rt, call, prevResult));
          steps.push({ plugin: plugin.type, index });
        } catch (error) {
          const described = describeInList(plugin, 'delete', error);
          steps.push({ plugin: plugin.type, index, error: described });
        }
      }
      if (steps.every(({ error }) => error === undefined)) {
        removeCache(cacheKey(list.name, rt));
      }
      return steps;
    },
  };
}

function isVersion(text: string): boolean {
  try {
    parseVersion(text);
    return true;
  } catch {
    return false;
  }
}

/** Only ADD looks at names (V4, V5). */
function refuseNames(network: string, rt: RuntimeConf): void {
  const problem: NameProblem =
    containerIdProblem(rt.containerId) ??
    networkNameProblem(network) ??
    interfaceNameProblem(rt.ifName);
  if (problem) throw new CniError(problem);
}

type Describe = (plugin: PluginConfig, verb: 'add' | 'delete', thrown: unknown) => CniError;

/** A plugin's error in a list: code, msg and details stay, the text tells which plugin (A4, A6). */
const describeInList: Describe = (plugin, verb, thrown) => {
  const error = toCniError(thrown);
  const name = plugin.name === undefined ? '' : ` name=${goQuote(plugin.name)}`;
  return new CniError(
    { ...error.toObject(), plugin: plugin.type },
    {
      message: `plugin type=${goQuote(plugin.type)}${name} failed (${verb}): ${error.message}`,
      cause: error,
    },
  );
};

const describeAlone: Describe = (plugin, _verb, thrown) => {
  const error = toCniError(thrown);
  return new CniError(
    { ...error.toObject(), plugin: plugin.type },
    { message: error.message, cause: error },
  );
};
