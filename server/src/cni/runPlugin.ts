import { statSync } from 'node:fs';
import type { CniErrorFields } from '@cnilab/shared/cni/errors';
import { CniError, libraryError, toCniError } from '@cnilab/shared/cni/errors';
import { convertResult } from '@cnilab/shared/cni/convertResult';
import { decodeResult } from '@cnilab/shared/cni/decodeResult';
import { prettyError, prettyResult } from '@cnilab/shared/cni/encodeResult';
import { goDecode, goObject, goString, goStruct } from '@cnilab/shared/cni/goDecode';
import { goQuote } from '@cnilab/shared/cni/goQuote';
import { type Json, type JsonObject, canonicalJson, isJsonObject } from '@cnilab/shared/cni/json';
import {
  type NameProblem,
  containerIdProblem,
  interfaceNameProblem,
  networkNameProblem,
} from '@cnilab/shared/cni/names';
import type { CniResult } from '@cnilab/shared/cni/result';
import { parseTyped } from '@cnilab/shared/cni/typed';
import { currentVersion, versionAtLeast } from '@cnilab/shared/cni/versions';
import { configVersion } from './configVersion.ts';
import { decodeText } from './goText.ts';

/** What a plugin is called with. */
export interface PluginCall {
  command: 'ADD' | 'CHECK' | 'DEL' | 'GC' | 'STATUS';
  /** Empty for GC and STATUS, as are `netns` and `ifName`; DEL may have no `netns`. */
  containerId: string;
  /** Path of the network namespace. */
  netns: string;
  ifName: string;
  /** CNI_ARGS as given: `KEY=VALUE;…`. */
  args: string;
  /** CNI_PATH as given. */
  path: string;
  /** What the plugin read; hand it on unchanged when delegating. */
  stdin: string;
  /** The same, as JSON that keeps order and numbers. */
  config: JsonObject;
  /** Version of the configuration, which the result is printed in. */
  cniVersion: string;
}

/** What a plugin does. A verb that is left out succeeds without doing anything (N7). */
export interface PluginHandlers {
  /** Its result is printed in the version of the configuration. */
  add: (call: PluginCall) => CniResult | Promise<CniResult>;
  check?: (call: PluginCall) => void | Promise<void>;
  del?: (call: PluginCall) => void | Promise<void>;
  gc?: (call: PluginCall) => void | Promise<void>;
  status?: (call: PluginCall) => void | Promise<void>;
}

export interface PluginIo {
  env: Readonly<Record<string, string | undefined>>;
  stdin: () => Promise<string>;
  out: (text: string) => void;
  err: (text: string) => void;
}

/** Codes of the specification, section "Error". */
const codes = {
  incompatibleVersion: 1,
  environment: 4,
  io: 5,
  decoding: 6,
  config: 7,
  namespace: 8,
  internal: 999,
} as const;
const verbs = ['ADD', 'CHECK', 'DEL', 'GC', 'STATUS'] as const;
/** The version of the specification that brought a verb (N6). */
const since: Readonly<Record<string, string>> = { CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' };

/**
 * The whole of a plugin's main program: reads the environment and stdin, refuses what the
 * specification refuses, calls the handler, prints its result or its error and sets the exit code.
 * `versions` are the spec versions that it takes, oldest first. A handler reports a failure by
 * throwing: a CniError with its code, anything else with code 999.
 */
export async function runPlugin(
  handlers: PluginHandlers,
  versions: readonly string[],
  about = '',
): Promise<void> {
  process.exitCode = await callPlugin(handlers, versions, about, {
    env: process.env,
    stdin: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
      // A delegate gets the same bytes, also those that are no text.
      return decodeText(Buffer.concat(chunks));
    },
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}

/** The same with everything given, for tests; gives the exit code. */
export async function callPlugin(
  handlers: PluginHandlers,
  versions: readonly string[],
  about: string,
  io: PluginIo,
): Promise<number> {
  try {
    await dispatch(handlers, versions, about, io);
    return 0;
  } catch (thrown) {
    io.out(prettyError(errorFields(thrown)));
    return 1;
  }
}

async function dispatch(
  handlers: PluginHandlers,
  versions: readonly string[],
  about: string,
  io: PluginIo,
): Promise<void> {
  const command = io.env['CNI_COMMAND'] ?? '';
  if (command === '' && about !== '') {
    io.err(`${about}\nCNI protocol versions supported: ${versions.join(', ')}\n`);
    return;
  }
  const variables = readVariables(command, io.env);
  if (command === 'VERSION') {
    const supported = { cniVersion: currentVersion, supportedVersions: [...versions] };
    io.out(`${canonicalJson(new Map(Object.entries(supported)), 'kept')}\n`);
    return;
  }
  const stdin = await readStdin(io);
  const config = readConfig(stdin);
  const verb = verbs.find((known) => known === command);
  if (verb === undefined) throw refused(codes.environment, `unknown CNI_COMMAND: ${command}`);
  const cniVersion = readVersion(stdin);
  requireVersion(verb, cniVersion, versions);
  if (verb === 'ADD' || verb === 'DEL') refuseOwnNamespace(variables.netns, io.env);
  const call: PluginCall = { command: verb, ...variables, stdin, config, cniVersion };
  if (verb === 'ADD') {
    io.out(prettyResult(convertResult(await handlers.add(call), cniVersion)));
    return;
  }
  const { check, del, gc, status } = handlers;
  await { CHECK: check, DEL: del, GC: gc, STATUS: status }[verb]?.(call);
}

const prevResultHolder = goStruct('types.PluginConf', { prevResult: goObject });

/** The result of the plugin before, in the configuration's version; none if there is none. */
export function prevResultOf({ config, cniVersion }: PluginCall): CniResult | undefined {
  const { prevResult } = goDecode(prevResultHolder, config);
  if (!prevResult) return undefined;
  try {
    // As the reference does it, from its own writing: `1.0` is a whole number then.
    const rewritten = parseTyped(canonicalJson(prevResult));
    return decodeResult(isJsonObject(rewritten) ? rewritten : prevResult, cniVersion);
  } catch (error) {
    throw libraryError(`could not parse prevResult: ${toCniError(error).message}`, error);
  }
}

const refused = (code: number, msg: string, details?: string): CniError =>
  new CniError({ code, msg, ...(details === undefined ? {} : { details }) });

/** The error to print. What has no code of its own is an internal one (N9). */
function errorFields(thrown: unknown): CniErrorFields {
  const error = toCniError(thrown);
  // A delegate's error is printed as it came, even if the delegate gave no code.
  const isTyped = error.code !== 0 || error.plugin !== undefined;
  return isTyped ? error.toObject() : { code: codes.internal, msg: error.message };
}

interface Variables {
  containerId: string;
  netns: string;
  ifName: string;
  args: string;
  path: string;
}

const attachmentVerbs = ['ADD', 'CHECK', 'DEL'];
const variablesNeeded: readonly {
  name: string;
  verbs: readonly string[];
  problem?: (value: string) => NameProblem;
}[] = [
  { name: 'CNI_CONTAINERID', verbs: attachmentVerbs, problem: containerIdProblem },
  { name: 'CNI_NETNS', verbs: ['ADD', 'CHECK'] },
  { name: 'CNI_IFNAME', verbs: attachmentVerbs, problem: interfaceNameProblem },
  { name: 'CNI_PATH', verbs },
];

/** The variables; refuses names that cannot be and what the verb needs and has not (N2, N3). */
function readVariables(command: string, env: PluginIo['env']): Variables {
  const missing = command === '' ? ['CNI_COMMAND'] : [];
  for (const { name, verbs: needing, problem } of variablesNeeded) {
    if (!needing.includes(command)) continue;
    const value = env[name] ?? '';
    if (value === '') missing.push(name);
    const reason = value === '' ? undefined : problem?.(value);
    if (reason) throw new CniError(reason);
  }
  if (missing.length > 0) {
    throw refused(codes.environment, `required env variables [${missing.join(',')}] missing`);
  }
  return {
    containerId: env['CNI_CONTAINERID'] ?? '',
    netns: env['CNI_NETNS'] ?? '',
    ifName: env['CNI_IFNAME'] ?? '',
    args: env['CNI_ARGS'] ?? '',
    path: env['CNI_PATH'] ?? '',
  };
}

async function readStdin({ stdin }: PluginIo): Promise<string> {
  try {
    return await stdin();
  } catch (error) {
    throw refused(codes.io, `error reading from stdin: ${toCniError(error).message}`);
  }
}

const named = goStruct('struct { Name string "json:\\"name\\"" }', { name: goString }, '');

/** The configuration: an object with a network name that can be (N3). */
function readConfig(stdin: string): JsonObject {
  let config: JsonObject;
  let name: string;
  try {
    const json = parseTyped(stdin);
    name = goDecode(named, json).name;
    config = isJsonObject(json) ? json : new Map<string, Json>();
  } catch (error) {
    const reason = toCniError(error).message;
    throw refused(codes.decoding, `error unmarshall network config: ${reason}`);
  }
  if (name === '') throw refused(codes.config, 'missing network name');
  const problem = networkNameProblem(name);
  if (problem) throw new CniError(problem);
  return config;
}

function readVersion(stdin: string): string {
  try {
    return configVersion(stdin);
  } catch (error) {
    throw refused(codes.decoding, toCniError(error).message);
  }
}

/** The plugin must take this very version, and the version must know the verb (N5, N6). */
function requireVersion(verb: string, version: string, supported: readonly string[]): void {
  const floor = since[verb];
  const atLeast = (one: string, other: string) => {
    try {
      return versionAtLeast(one, other);
    } catch (error) {
      throw refused(codes.decoding, toCniError(error).message);
    }
  };
  if (floor !== undefined) {
    if (!atLeast(version, floor)) {
      throw refused(codes.incompatibleVersion, `config version does not allow ${verb}`);
    }
    if (!supported.some((own) => atLeast(own, version))) {
      throw refused(codes.incompatibleVersion, `plugin version does not allow ${verb}`);
    }
  }
  if (supported.includes(version)) return;
  throw refused(
    codes.incompatibleVersion,
    'incompatible CNI versions',
    `config is ${goQuote(version)}, plugin supports [${supported.map(goQuote).join(' ')}]`,
  );
}

/**
 * Refuses to work on the namespace that the plugin itself is in (N8). The Go skeleton does so only
 * when the work is done, and prints this error behind the result, which no runtime can read.
 */
function refuseOwnNamespace(netns: string, env: PluginIo['env']): void {
  const override = env['CNI_NETNS_OVERRIDE'] ?? '';
  if (override === '1' || override.toUpperCase() === 'TRUE') return;
  const [own, given] = [namespaceId('/proc/self/ns/net'), namespaceId(netns)];
  if (own === undefined || own !== given) return;
  throw refused(codes.namespace, "plugin's netns and netns from CNI_NETNS should not be the same");
}

function namespaceId(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
