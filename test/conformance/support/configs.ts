/** A list of plugins of these types, as text. */
export const list = (name: string, ...types: string[]): string =>
  JSON.stringify({ cniVersion: '1.0.0', name, plugins: types.map((type) => ({ type })) });

/** A single configuration, as text. */
export const one = (name: string, type: string): string => JSON.stringify({ name, type });

/** What stands in a folder of drop-ins, as text. */
export const plugin = (type: string): string => JSON.stringify({ type });
