import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { importNetworks } from '@cnilab/shared/lab/import';
import { CommandError, print, printError, readArgs, UsageError, type Command } from './command.ts';
import { diagnosticLine } from './labFile.ts';
import { styleOf } from './style.ts';

export const command: Command = {
  name: 'import',
  usage: 'FILE.conflist… [--out LAB]',
  summary: 'make a lab from CNI configuration',
  help: `Prints a lab file with one host, which has the networks of the given files (.conflist, .conf or
.json) as they are, and one pod on each.

  --out LAB   write it to this file, which must not be there yet

Exit code: 0 written, 1 something could not be taken over (it is named), 2 wrong arguments or no
file could be used.`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, { out: { type: 'string' } });
    if (positionals.length === 0) throw new UsageError('FILE is missing.');
    const files = positionals.map((file) => ({ name: basename(file), text: read(file) }));
    const { text, diagnostics } = importNetworks(files);
    const style = styleOf(process.stderr);
    for (const item of diagnostics) {
      printError(diagnosticLine(values.out ?? 'imported', item, style));
    }
    if (text === '') return 2;
    if (values.out === undefined) process.stdout.write(text);
    else {
      write(values.out, text);
      print(values.out);
    }
    return diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
};

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${file} cannot be read: ${reason}`, 2, { cause: error });
  }
}

function write(file: string, text: string): void {
  if (existsSync(file)) {
    throw new CommandError(`${file} is there already: give another name to --out.`, 2);
  }
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${file} cannot be written: ${reason}`, 2, { cause: error });
  }
}
