import { parseLab } from '@cnilab/shared/lab/parse';
import type { Diagnostic } from '@cnilab/shared/lab/diagnostics';
import { CommandError, print, printError, readArgs, UsageError, type Command } from './command.ts';
import { diagnosticLine, fileReader, readLabFile } from './labFile.ts';
import { styleOf } from './style.ts';

interface FileResult {
  file: string;
  ok: boolean;
  diagnostics: Diagnostic[];
  /** Why the file could not be read. */
  problem?: { message: string };
}

export const command: Command = {
  name: 'validate',
  usage: 'FILE… [--json]',
  summary: 'check lab files without running them',
  help: `Tells what is wrong with lab files and what to do about it. Starts no box.

  --json   {"files": [{"file", "ok", "diagnostics": […]}], "ok"} on standard output

Exit code: 0 no errors (there may be warnings), 1 errors, 2 wrong arguments.`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, { json: { type: 'boolean' } });
    if (positionals.length === 0) throw new UsageError('FILE is missing.');
    const files = positionals.map(validate);
    const ok = files.every((file) => file.ok);
    if (values.json) {
      print(JSON.stringify({ files, ok }, undefined, 2));
      return ok ? 0 : 1;
    }
    const style = styleOf(process.stdout);
    for (const { file, diagnostics, problem, ok: fileOk } of files) {
      if (problem) printError(problem.message);
      for (const item of diagnostics) print(diagnosticLine(file, item, style));
      if (fileOk && diagnostics.length === 0) print(`${file}: ${style.green('no errors')}`);
    }
    return ok ? 0 : 1;
  },
};

function validate(file: string): FileResult {
  try {
    const { diagnostics } = parseLab(readLabFile(file), { readFile: fileReader(file) });
    return { file, ok: !diagnostics.some(({ severity }) => severity === 'error'), diagnostics };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { file, ok: false, diagnostics: [], problem: { message: error.message } };
  }
}
