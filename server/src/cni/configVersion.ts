import { libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { type Json, isJsonObject } from '@cnilab/shared/cni/json';
import { jsonKind, parseTyped, stringField } from '@cnilab/shared/cni/typed';

/** The version of a plugin's configuration; empty means 0.1.0. Throws a CniError. */
export function configVersion(stdin: string): string {
  try {
    const json = parseTyped(stdin) ?? new Map<string, Json>();
    if (!isJsonObject(json)) {
      throw libraryError(
        `json: cannot unmarshal ${jsonKind(json)} into Go value of type version.config`,
      );
    }
    return stringField(json, 'cniVersion', 'cniVersion') || '0.1.0';
  } catch (error) {
    throw libraryError(`decoding version from network config: ${toCniError(error).message}`, error);
  }
}
