import type { NetworkList, PluginConfig } from '@cnilab/shared/cni/config';
import { CniError, libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { goQuote } from '@cnilab/shared/cni/goQuote';
import type { Json, JsonObject } from '@cnilab/shared/cni/json';
import { versionAtLeast } from '@cnilab/shared/cni/versions';
import { pluginError } from './pluginErrors.ts';
import { type RunStep, stepRequest } from './step.ts';
import type {
  CallOptions,
  GCArgs,
  GCAttachment,
  NetworkAttachment,
  RuntimeConf,
  RuntimeOptions,
} from './types.ts';
import {
  type PluginInfo,
  parseVersionInfo,
  versionStdin,
  versionVariables,
} from './versionInfo.ts';

/** GC and STATUS came with this version (G4, U3). */
const gcSince = '1.1.0';
/** GC, STATUS and VERSION are about no attachment (E3). */
const noAttachment: RuntimeConf = {
  containerId: '',
  netns: '',
  ifName: '',
  args: [],
  capabilityArgs: new Map(),
};

interface Attachments {
  getCachedAttachments(): Promise<NetworkAttachment[]>;
  /** DEL of the whole list. */
  del(list: NetworkList, rt: RuntimeConf, call: CallOptions): Promise<void>;
}

/** The commands about a network or a plugin as a whole. */
export function createNetworkCalls(
  { path }: RuntimeOptions,
  runStep: RunStep,
  attachments: Attachments,
) {
  const gc = async (
    list: NetworkList,
    args: GCArgs | undefined,
    call: CallOptions,
  ): Promise<NetworkAttachment[]> => {
    if (list.disableGC) return [];
    let cached: NetworkAttachment[];
    try {
      cached = await attachments.getCachedAttachments();
    } catch {
      return []; // G7
    }
    const valid = args?.validAttachments ?? [];
    const isValid = ({ containerId, ifName }: GCAttachment) =>
      valid.some((other) => other.containerId === containerId && other.ifName === ifName);
    const errors: CniError[] = [];
    const fail = (what: string, thrown: unknown) => {
      const error = toCniError(thrown);
      errors.push(
        new CniError(error.toObject(), { message: `${what}: ${error.message}`, cause: error }),
      );
    };
    const removed: NetworkAttachment[] = [];
    for (const attachment of cached) {
      if (attachment.network !== list.name || isValid(attachment)) continue;
      const { containerId, ifName, netns, args: cniArgs, capabilityArgs } = attachment;
      const rt = { containerId, ifName, netns, args: cniArgs, capabilityArgs };
      try {
        await attachments.del(list, rt, call);
        removed.push(attachment);
      } catch (error) {
        fail(`failed to delete stale attachment ${containerId} ${ifName}`, error);
      }
    }
    const keys = args && attachmentKeys(args.validAttachments);
    for (const [index, plugin] of supportsGC(list) ? list.plugins.entries() : []) {
      const step = { list, plugin, index, rt: noAttachment, call, ...(keys ? { keys } : {}) };
      try {
        await runStep(stepRequest('GC', path, step));
      } catch (error) {
        fail(`failed to GC plugin ${plugin.type}`, pluginError(plugin.type, error));
      }
    }
    if (errors.length > 0) throw joined(errors);
    return removed;
  };

  const status = async (list: NetworkList, call: CallOptions): Promise<void> => {
    if (!supportsGC(list)) return;
    for (const [index, plugin] of list.plugins.entries()) {
      try {
        await runStep(stepRequest('STATUS', path, { list, plugin, index, rt: noAttachment, call }));
      } catch (error) {
        throw pluginError(plugin.type, error);
      }
    }
  };

  const versionInfo = async (
    type: string,
    index: number,
    call: CallOptions,
  ): Promise<PluginInfo> => {
    const request = {
      command: 'VERSION' as const,
      plugin: type,
      index,
      env: versionVariables,
      stdin: versionStdin,
      call,
    };
    try {
      const info = await runStep(request, parseVersionInfo);
      return info ?? parseVersionInfo('');
    } catch (error) {
      // Before VERSION existed, plugins answered with just this error (W3).
      if (toCniError(error).message === 'unknown CNI_COMMAND: VERSION') {
        return { supportedVersions: ['0.1.0'] };
      }
      throw pluginError(type, error);
    }
  };

  const requireVersion = async (
    { type }: PluginConfig,
    index: number,
    version: string,
    call: CallOptions,
  ): Promise<void> => {
    const wanted = version === '' ? '0.1.0' : version;
    const { supportedVersions } = await versionInfo(type, index, call);
    if (supportedVersions.includes(wanted)) return;
    const msg = `plugin ${type} does not support config version ${goQuote(wanted)}`;
    throw new CniError({ code: 0, msg, plugin: type });
  };

  const validateList = async (list: NetworkList, call: CallOptions): Promise<string[]> => {
    const errors: CniError[] = [];
    for (const [index, plugin] of list.plugins.entries()) {
      try {
        await requireVersion(plugin, index, list.cniVersion, call);
      } catch (error) {
        errors.push(toCniError(error));
      }
    }
    if (errors.length === 0) return [...new Set(list.plugins.flatMap(capabilitiesOf))];
    const text = errors.map(({ message }) => message).join(' ');
    throw libraryError(`[${text}]`, new AggregateError(errors));
  };

  const validate = async (plugin: PluginConfig, call: CallOptions): Promise<string[]> => {
    await requireVersion(plugin, 0, plugin.cniVersion ?? '', call);
    return capabilitiesOf(plugin);
  };

  return { gc, status, versionInfo, validateList, validate };
}

const capabilitiesOf = ({ capabilities }: PluginConfig): string[] =>
  Object.keys(capabilities).filter((name) => capabilities[name] === true);

/** Whether plugins of this list know GC and STATUS. An unreadable version counts as too old (G9). */
export function supportsGC({ cniVersion }: NetworkList): boolean {
  try {
    return versionAtLeast(cniVersion, gcSince);
  } catch {
    return false;
  }
}

/** The attachments under the key of the specification and the one that was used by mistake (S10). */
function attachmentKeys(valid: readonly GCAttachment[] | undefined): JsonObject {
  const list: Json =
    valid === undefined
      ? null
      : valid.map(
          ({ containerId, ifName }) =>
            new Map([
              ['containerID', containerId],
              ['ifname', ifName],
            ]),
        );
  return new Map([
    ['cni.dev/valid-attachments', list],
    ['cni.dev/attachments', list],
  ]);
}

/** All errors in one, a line each (G6). With a single one its code and words stay readable. */
function joined(errors: readonly CniError[]): CniError {
  const message = errors.map((error) => error.message).join('\n');
  const [first] = errors;
  const fields = errors.length === 1 && first ? first.toObject() : { code: 0, msg: message };
  return new CniError(fields, { message, cause: new AggregateError(errors, message) });
}
