import { libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { goDecode, goSlice, goString, goStruct } from '@cnilab/shared/cni/goDecode';
import { canonicalJson } from '@cnilab/shared/cni/json';
import { parseTyped } from '@cnilab/shared/cni/typed';
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

const pluginInfo = goStruct('version.pluginInfo', {
  cniVersion: goString,
  supportedVersions: goSlice(goString),
});

/** Reads the answer (W2). Throws a CniError with libcni's text. */
export function parseVersionInfo(stdout: string): PluginInfo {
  let info: typeof pluginInfo.zero;
  try {
    info = goDecode(pluginInfo, parseTyped(stdout));
  } catch (error) {
    throw libraryError(`decoding version info: ${toCniError(error).message}`, error);
  }
  const { cniVersion } = info;
  const supportedVersions = [...(info.supportedVersions ?? [])];
  if (cniVersion === '') throw libraryError('decoding version info: missing field cniVersion');
  if (supportedVersions.length > 0) return { supportedVersions };
  // The version of the specification in which plugins learned to answer at all.
  if (cniVersion === '0.2.0') return { supportedVersions: ['0.1.0', '0.2.0'] };
  throw libraryError('decoding version info: missing field supportedVersions');
}
