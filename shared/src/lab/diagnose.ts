import type { NetworkFiles } from './networks.ts';
import type { Finding } from './parse.ts';
import type { Lab } from './schema.ts';

/** Everything that the document alone proves wrong or makes doubtful. */
export function diagnose(_lab: Lab, _files: NetworkFiles): Finding[] {
  return [];
}
