import { libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { goDecode, goString, goStruct } from '@cnilab/shared/cni/goDecode';
import { parseTyped } from '@cnilab/shared/cni/typed';

const versioned = goStruct(
  'struct { CNIVersion string "json:\\"cniVersion\\"" }',
  { cniVersion: goString },
  '',
);

/** The version of a plugin's configuration or a result; empty means 0.1.0. Throws a CniError. */
export function configVersion(text: string): string {
  try {
    return goDecode(versioned, parseTyped(text)).cniVersion || '0.1.0';
  } catch (error) {
    throw libraryError(`decoding version from network config: ${toCniError(error).message}`, error);
  }
}
