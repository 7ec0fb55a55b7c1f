import { parseLab } from '@cnilab/shared/lab/parse';
import { createClient, RefusedError, serverHelp, serverOptions, type Client } from './client.ts';
import { operands, print, printError, readArgs, type Command } from './command.ts';
import { diagnosticLine, fileReader, inlineFiles, readLabFile } from './labFile.ts';
import { failureLines, mark, operationLines } from './report.ts';
import { duration, styleOf } from './style.ts';

export const command: Command = {
  name: 'up',
  usage: 'FILE [--server URL] [--json]',
  summary: 'deploy a lab on a running server',
  help: `Uploads the lab file under the name that it gives itself (replacing the server's lab of that
name, and no other), deploys it and prints the outcome. A lab that runs already is changed into what
the file says. Networks in files of their own (file: …) are put into the text that is uploaded.

${serverHelp}
  --json         the outcome as JSON

Exit code: 0 everything came up, 1 something failed, 2 the file or the arguments are wrong,
3 no server answers, or it cannot run a box.`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, { ...serverOptions, json: { type: 'boolean' } });
    const [file] = operands(positionals, 'FILE');
    const client = createClient(values.server);
    const readFile = fileReader(file);
    const original = readLabFile(file);
    const { compiled, diagnostics } = parseLab(original, { readFile });
    const wrong = diagnostics.filter(({ severity }) => severity !== 'hint');
    for (const item of wrong) printError(diagnosticLine(file, item, styleOf(process.stderr)));
    if (compiled === undefined) return 2;
    await upload(client, compiled.name, inlineFiles(original, readFile));
    const result = await client.call('deployLab', { lab: compiled.name });
    if (values.json) {
      print(JSON.stringify(result, undefined, 2));
      return result.ok ? 0 : 1;
    }
    const style = styleOf(process.stdout);
    for (const operation of result.operations) print(operationLines(operation, style).join('\n'));
    for (const line of failureLines(result, style)) print(line);
    const outcome = result.ok ? 'is up' : 'is up, except for what failed';
    print(
      `${mark(result.ok, style)} ${compiled.name} ${outcome}  ${style.dim(duration(result.ms))}`,
    );
    return result.ok ? 0 : 1;
  },
};

async function upload(client: Client, lab: string, text: string): Promise<void> {
  const known = await client.call('getLab', { lab }).catch((error: unknown) => {
    if (error instanceof RefusedError && error.problem.code === 'not-found') return undefined;
    throw error;
  });
  if (known === undefined) await client.call('createLab', { text });
  else await client.call('saveLab', { lab, base: known.revision, text });
}
