import { libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { type Json, canonicalJson, isJsonObject } from '@cnilab/shared/cni/json';
import { jsonKind, parseTyped, stringField, stringsField } from '@cnilab/shared/cni/typed';
import { currentVersion } from '@cnilab/shared/cni/versions';

/** What a plugin answers to VERSION. */
export interface PluginInfo {
  /** Spec versions of the configuration that it takes, in its own order; at least one. */
  supportedVersions: string[];
}

/** The environment of a VERSION probe; old plugins want values where none is needed (W1). */
export const versionVariables: Readonly<Record<string, string>> = {
  CNI_COMMAND: 'VERSION',
  CNI_CONTAINERID: '',
  CNI_NETNS: 'dummy',
  CNI_ARGS: '',
  CNI_IFNAME: 'dummy',
  CNI_PATH: 'dummy',
};

/** What a VERSION probe writes to the plugin (W1). */
export const versionStdin = canonicalJson(new Map([['cniVersion', currentVersion]]));

/** Reads the answer (W2). Throws a CniError with libcni's text. */
export function parseVersionInfo(stdout: string): PluginInfo {
  let cniVersion: string;
  let supportedVersions: string[];
  try {
    const json = parseTyped(stdout) ?? new Map<string, Json>();
    if (!isJsonObject(json)) {
      throw libraryError(
        `json: cannot unmarshal ${jsonKind(json)} into Go value of type version.pluginInfo`,
      );
    }
    cniVersion = stringField(json, 'cniVersion', 'pluginInfo.cniVersion');
    supportedVersions = stringsField(json, 'supportedVersions', 'pluginInfo.supportedVersions');
  } catch (error) {
    throw libraryError(`decoding version info: ${toCniError(error).message}`, error);
  }
  if (cniVersion === '') throw libraryError('decoding version info: missing field cniVersion');
  if (supportedVersions.length > 0) return { supportedVersions };
  // The version of the specification in which plugins learned to answer at all.
  if (cniVersion === '0.2.0') return { supportedVersions: ['0.1.0', '0.2.0'] };
  throw libraryError('decoding version info: missing field supportedVersions');
}
