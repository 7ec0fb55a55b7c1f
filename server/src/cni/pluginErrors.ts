import type { PluginConfig } from '@cnilab/shared/cni/config';
import { CniError, toCniError } from '@cnilab/shared/cni/errors';
import { goQuote } from '@cnilab/shared/cni/goQuote';

/** How an error of a plugin's ADD or DEL is told. */
export type Describe = (plugin: PluginConfig, verb: 'add' | 'delete', thrown: unknown) => CniError;

/** In a list: code, msg and details stay, the text tells which plugin (A4, A6). */
export const describeInList: Describe = (plugin, verb, thrown) => {
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

/** Alone: the text stays as it is (A9). */
export const describeAlone: Describe = (plugin, _verb, thrown) => pluginError(plugin.type, thrown);

/** The error as it is, with the type of its plugin. */
export function pluginError(type: string, thrown: unknown): CniError {
  const error = toCniError(thrown);
  return new CniError(
    { ...error.toObject(), plugin: type },
    { message: error.message, cause: error },
  );
}
