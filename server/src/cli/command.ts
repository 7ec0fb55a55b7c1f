import { parseArgs, type ParseArgsConfig } from 'node:util';

/** One command of the command line. */
export interface Command {
  name: string;
  /** What stands behind the name, as in `FILE… [--json]`. */
  usage: string;
  summary: string;
  /** More than the summary, for `--help`. */
  help: string;
  /** It answers `--help` itself, because it has commands of its own. */
  ownHelp?: true;
  /** Runs it and gives the exit code. */
  run(args: string[]): Promise<number>;
}

/** Wrong arguments: told with a hint, exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** A reason to stop that a person can act on, with the exit code that says so. */
export class CommandError extends Error {
  readonly exit: number;
  constructor(message: string, exit: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandError';
    this.exit = exit;
  }
}

type Options = NonNullable<ParseArgsConfig['options']>;
interface Strict<O extends Options> {
  args: string[];
  options: O;
  allowPositionals: true;
  strict: true;
}

/** Reads arguments strictly. Throws a UsageError that names what is wrong. */
export function readArgs<const O extends Options>(
  args: string[],
  options: O,
): ReturnType<typeof parseArgs<Strict<O>>> {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    // Node adds advice on how to pass such an argument all the same.
    throw new UsageError((text.split(/\.\s/)[0] ?? text).replace(/\.?$/, '.'));
  }
}

/** Exactly as many operands as names. */
export function operands<const N extends readonly string[]>(
  given: string[],
  ...names: N
): { [K in keyof N]: string } {
  const missing = names[given.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  const surplus = given[names.length];
  if (surplus !== undefined) throw new UsageError(`Nothing is known to do with "${surplus}".`);
  // As many strings as names, which is what the type says.
  return given as { [K in keyof N]: string };
}

export function boxKind(given: string | undefined): 'sandbox' | 'vm' | undefined {
  if (given === undefined || given === 'sandbox' || given === 'vm') return given;
  throw new UsageError(`--box is "sandbox" or "vm", not "${given}".`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}
