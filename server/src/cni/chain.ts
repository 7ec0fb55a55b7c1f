import type { NetworkList } from '@cnilab/shared/cni/config';
import { convertResult } from '@cnilab/shared/cni/convertResult';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { resultText } from '@cnilab/shared/cni/encodeResult';
import { CniError, libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { goQuote } from '@cnilab/shared/cni/goQuote';
import {
  type NameProblem,
  containerIdProblem,
  interfaceNameProblem,
  networkNameProblem,
} from '@cnilab/shared/cni/names';
import type { CniResult } from '@cnilab/shared/cni/result';
import { parseVersion, versionAtLeast } from '@cnilab/shared/cni/versions';
import { type CacheKey, readCachedResult, removeCache, writeCache } from './cache.ts';
import { goSystemError } from './goText.ts';
import { type Describe, describeInList, pluginError } from './pluginErrors.ts';
import { type RunStep, stepRequest } from './step.ts';
import type { CallOptions, CleanUpStep, RuntimeConf, RuntimeOptions } from './types.ts';

/** DEL and CHECK have a prevResult from this version on (D2, D3b, Q1). */
const prevResultSince = '0.4.0';

/** The commands about one attachment: they run the plugins of a list one after the other. */
export function createChain({ path, cacheDir }: RuntimeOptions, runStep: RunStep) {
  const cacheKey = (network: string, rt: RuntimeConf): CacheKey => ({
    cacheDir,
    network,
    containerId: rt.containerId,
    ifName: rt.ifName,
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
        result = await runStep(
          stepRequest('ADD', path, { list, plugin, index, rt, call, prevResult }),
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
        `failed to set network ${goQuote(list.name)} cached result: ${goSystemError(error)}`,
        error,
      );
    }
    return result;
  };

  /** The cached result in the list's version (D7). */
  const cachedResult = (list: NetworkList, rt: RuntimeConf): CniResult | undefined => {
    const cached = readCachedResult(cacheKey(list.name, rt));
    try {
      return cached && convertResult(cached, list.cniVersion);
    } catch (error) {
      const version = goQuote(list.cniVersion);
      throw libraryError(
        `failed to convert cached result to config version ${version}: ${toCniError(error).message}`,
        error,
      );
    }
  };

  /** The result that DEL hands to every plugin, as text. */
  const prevResultForDel = (list: NetworkList, rt: RuntimeConf): string | undefined => {
    if (!versionAtLeast(list.cniVersion, prevResultSince)) return undefined;
    try {
      const cached = cachedResult(list, rt);
      return cached && resultText(cached);
    } catch {
      // What nobody can read must not keep the network from being taken down (D3).
      removeCache(cacheKey(list.name, rt));
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
        await runStep(stepRequest('DEL', path, { list, plugin, index, rt, call, prevResult }));
      } catch (error) {
        throw describe(plugin, 'delete', error);
      }
    }
    removeCache(cacheKey(list.name, rt));
  };

  const check = async (list: NetworkList, rt: RuntimeConf, call: CallOptions): Promise<void> => {
    if (!versionAtLeast(list.cniVersion, prevResultSince)) {
      throw libraryError(
        `configuration version ${goQuote(list.cniVersion)} does not support the CHECK command`,
      );
    }
    if (list.disableCheck) return;
    let prevResult: string | undefined;
    try {
      const cached = cachedResult(list, rt);
      prevResult = cached && resultText(cached);
    } catch (error) {
      throw libraryError(
        `failed to get network ${goQuote(list.name)} cached result: ${toCniError(error).message}`,
        error,
      );
    }
    for (const [index, plugin] of list.plugins.entries()) {
      try {
        await runStep(stepRequest('CHECK', path, { list, plugin, index, rt, call, prevResult }));
      } catch (error) {
        throw pluginError(plugin.type, error);
      }
    }
  };

  const cleanUp = async (
    list: NetworkList,
    rt: RuntimeConf,
    startedCount: number,
    call: CallOptions,
  ): Promise<CleanUpStep[]> => {
    // An unreadable version stops a DEL; here it only means that there is nothing to hand over.
    const readable = isVersion(list.cniVersion);
    const prevResult = readable ? prevResultForDel(list, rt) : undefined;
    const steps: CleanUpStep[] = [];
    const started = list.plugins.slice(0, startedCount);
    for (const [index, plugin] of [...started.entries()].toReversed()) {
      try {
        await runStep(stepRequest('DEL', path, { list, plugin, index, rt, call, prevResult }));
        steps.push({ plugin: plugin.type, index });
      } catch (error) {
        steps.push({
          plugin: plugin.type,
          index,
          error: describeInList(plugin, 'delete', error),
        });
      }
    }
    if (steps.every((step) => !step.error)) removeCache(cacheKey(list.name, rt));
    return steps;
  };

  return { add, del, check, cleanUp, cachedResult, cacheKey };
}
export type Chain = ReturnType<typeof createChain>;

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
