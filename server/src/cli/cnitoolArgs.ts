import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { libraryError } from '@cnilab/shared/cni/errors';
import { goDecode, goObject } from '@cnilab/shared/cni/goDecode';
import type { JsonObject } from '@cnilab/shared/cni/json';
import { parseTyped } from '@cnilab/shared/cni/typed';
import type { RuntimeConf } from '../cni/types.ts';

/** Reading what cnitool is given: flags and operands, and variables of the environment. */

export interface CnitoolArguments {
  /** What is no flag: verb, network, namespace. */
  operands: string[];
  ifName: string;
  verbose: boolean;
  help: boolean;
}

/** Flags may stand anywhere before `--`. Throws a CniError in the words of cnitool's parser. */
export function parseCnitoolArguments(args: readonly string[]): CnitoolArguments {
  const parsed: CnitoolArguments = { operands: [], ifName: '', verbose: false, help: false };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return { ...parsed, operands: [...parsed.operands, ...args.slice(at + 1)] };
    if (!arg.startsWith('-') || arg === '-') parsed.operands.push(arg);
    else if (arg === '--verbose') parsed.verbose = true;
    else if (arg === '--help') parsed.help = true;
    else if (arg.startsWith('--ifname=')) parsed.ifName = arg.slice('--ifname='.length);
    else if (arg === '--ifname') parsed.ifName = valueOf(arg, args[++at]);
    else if (arg.startsWith('--')) {
      throw libraryError(`unknown flag: ${arg.replace(/=.*/s, '')}`);
    } else if (readShorthands(arg.slice(1), args[at + 1], parsed)) at++;
  }
  return parsed;
}

function valueOf(flag: string, value: string | undefined): string {
  if (value === undefined) throw libraryError(`flag needs an argument: ${flag}`);
  return value;
}

/** `v`, `ieth1`, `i=eth1`, or `vi` with the name in `next`: true if that was taken. */
function readShorthands(
  shorthands: string,
  next: string | undefined,
  parsed: CnitoolArguments,
): boolean {
  const [letter = '', ...more] = shorthands;
  const rest = more.join('');
  if (letter === 'i') {
    // A lone `=` is a name, as for the reference.
    parsed.ifName = /^=./s.test(rest) ? rest.slice(1) : rest || valueOf(`'i' in -i`, next);
    return rest === '';
  }
  if (letter === 'v') parsed.verbose = true;
  else if (letter === 'h') parsed.help = true;
  else throw libraryError(`unknown shorthand flag: '${letter}' in -${shorthands}`);
  return rest !== '' && readShorthands(rest, next, parsed);
}

/** The attachment that the operand, the flags and the variables mean (T6–T11). */
export function cnitoolRuntimeConf(
  netnsOperand: string,
  ifName: string,
  { env, cwd }: { env: Readonly<Record<string, string | undefined>>; cwd: string },
): RuntimeConf {
  const netns = resolve(cwd, netnsOperand);
  return {
    containerId: cnitoolContainerId(netns),
    netns,
    capabilityArgs: parseCapArgs(env['CAP_ARGS'] ?? ''),
    args: parseCniArgs(env['CNI_ARGS'] ?? ''),
    ifName: ifName || env['CNI_IFNAME'] || 'eth0',
  };
}

/** The container id stands for the namespace's absolute path (T9). */
export function cnitoolContainerId(netns: string): string {
  return `cnitool-${createHash('sha512').update(netns).digest('hex').slice(0, 20)}`;
}

/** Pairs of a semicolon-separated text (T6). Throws a CniError. */
export function parseCniArgs(text: string): (readonly [key: string, value: string])[] {
  if (text === '') return [];
  return text.split(';').map((pair) => {
    const [key = '', value = '', ...more] = pair.split('=');
    if (key === '' || value === '' || more.length > 0) {
      throw libraryError(`invalid CNI_ARGS pair "${pair}"`);
    }
    return [key, value];
  });
}

/** A JSON object; nothing and null are an empty one (T10). Throws a CniError. */
export function parseCapArgs(text: string): JsonObject {
  if (text === '') return new Map();
  return goDecode(goObject, parseTyped(text)) ?? new Map();
}
