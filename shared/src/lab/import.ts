import { JsonError, isJsonObject, parseJson, type Json, type JsonObject } from '../cni/json.ts';
import type { Diagnostic } from './diagnostics.ts';
import { nextName } from './buildNames.ts';
import { parseLab } from './parse.ts';
import { mapLines } from './writeYaml.ts';

export interface ConfigFile {
  /** File name, such as `10-mynet.conflist`. */
  name: string;
  text: string;
}

export interface ImportedLab {
  /** A lab file; empty if no file could be used. */
  text: string;
  /** About the files, and about the lab that came out. */
  diagnostics: Diagnostic[];
}

/**
 * A lab from existing CNI configuration: one host with the networks as they are, order and numbers
 * kept, and one pod on each of them. Files that are no CNI configuration are left out and named.
 */
export function importNetworks(files: readonly ConfigFile[]): ImportedLab {
  const networks: JsonObject[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    const [network, reason] = readNetwork(file, networks);
    if (network) networks.push(network);
    else diagnostics.push(problem(`The file ${file.name} is left out: ${reason}.`));
  }
  if (networks.length === 0) {
    return { text: '', diagnostics: [...diagnostics, problem('No file could be imported.')] };
  }
  const text = labText(networks);
  return { text, diagnostics: [...diagnostics, ...parseLab(text).diagnostics] };
}

const problem = (message: string): Diagnostic => ({
  severity: 'error',
  code: 'import',
  message,
  path: [],
});

const nameOf = (network: JsonObject): string => {
  const name = network.get('name');
  return typeof name === 'string' ? name : '';
};

function readNetwork(
  { name, text }: ConfigFile,
  before: readonly JsonObject[],
): [JsonObject | undefined, string] {
  let json: Json;
  try {
    json = parseJson(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const where =
      cause instanceof JsonError ? ` (line ${text.slice(0, cause.offset).split('\n').length})` : '';
    return [undefined, `${cause instanceof Error ? cause.message : String(cause)}${where}`];
  }
  if (!isJsonObject(json)) return [undefined, 'it is not one JSON object'];
  if (json.has('plugins') || json.has('type')) {
    if (nameOf(json) === '') return [undefined, 'it has no "name"'];
    if (before.some((other) => nameOf(other) === nameOf(json))) {
      return [undefined, `another file already has the network "${nameOf(json)}"`];
    }
    if (name.endsWith('.conflist') && !json.has('plugins')) {
      return [undefined, 'it is named .conflist but has no "plugins": name it .conf'];
    }
    if (!name.endsWith('.conflist') && json.has('plugins')) {
      return [undefined, 'it has "plugins" but is not named .conflist'];
    }
    return [json, ''];
  }
  return [undefined, 'it has neither "type" nor "plugins", so it is no CNI configuration'];
}

function labText(networks: readonly JsonObject[]): string {
  const taken: string[] = [];
  const pods = networks.map((network) => {
    const wanted = podName(nameOf(network));
    const name = taken.includes(wanted) || wanted === '' ? nextName('pod', taken) : wanted;
    taken.push(name);
    return object({ name, attachments: [object({ network: nameOf(network) })] });
  });
  const lab = object({
    name: 'imported',
    hosts: [object({ name: 'node1', networks: [...networks], pods })],
  });
  return `cnilab: 1\n${mapLines(lab, 0).join('\n')}\n`;
}

const object = (entries: Record<string, Json>): JsonObject => new Map(Object.entries(entries));

/** A pod is named after its network, as far as the rules for names allow. */
const podName = (network: string): string =>
  `${network
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, 57)}-pod`;
