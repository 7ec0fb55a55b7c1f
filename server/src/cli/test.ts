import { stringifyJson } from '@cnilab/shared/cni/json';
import { runLab } from '../labs/runLab.ts';
import {
  boxKind,
  CommandError,
  print,
  printError,
  readArgs,
  UsageError,
  type Command,
} from './command.ts';
import { diagnosticLine, fileReader, readLabFile } from './labFile.ts';
import {
  checkLines,
  failureLines,
  operationLines,
  testDocument,
  type FileReport,
} from './report.ts';
import { duration, styleOf, type Style } from './style.ts';

export const command: Command = {
  name: 'test',
  usage: 'FILE… [--box sandbox|vm] [--json] [--keep-going]',
  summary: 'run labs and their checks, each in a box of its own',
  help: `For each lab file: starts a box, deploys the lab, runs its checks in order, ends the box. No
server is needed. Stops after the first lab that fails.

  --box KIND     sandbox or vm, whatever the lab asks for
  --json         one JSON document instead of text
  --keep-going   go on after a lab that fails; the worst exit code wins

Exit code: 0 all holds, 1 a check or a deployment failed, 2 a file or the arguments are wrong,
3 this machine cannot run a lab.`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, {
      box: { type: 'string' },
      json: { type: 'boolean' },
      'keep-going': { type: 'boolean' },
    });
    if (positionals.length === 0) throw new UsageError('FILE is missing.');
    const box = boxKind(values.box);
    const stop = new AbortController();
    const onSignal = (signal: NodeJS.Signals) => stop.abort(signal);
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    const style = styleOf(process.stdout);
    const reports: FileReport[] = [];
    const started = performance.now();
    try {
      for (const file of positionals) {
        const report = await testFile(file, box, stop.signal, values.json ? undefined : style);
        reports.push(report);
        if (!report.ok && !values['keep-going']) break;
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      printError('Interrupted; the box has been ended.');
      return stop.signal.reason === 'SIGTERM' ? 143 : 130;
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
    const exit = Math.max(...reports.map((report) => report.exit));
    if (values.json) print(stringifyJson(testDocument(reports, exit === 0), 2));
    else print(summary(reports, positionals.length, performance.now() - started, style));
    return exit;
  },
};

/** @param style undefined = silent */
async function testFile(
  file: string,
  box: 'sandbox' | 'vm' | undefined,
  signal: AbortSignal,
  style: Style | undefined,
): Promise<FileReport> {
  const say = (lines: string[]) => {
    if (style) for (const line of lines) print(`  ${line}`);
  };
  let text: string;
  try {
    text = readLabFile(file);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (style) printError(error.message);
    const problem = { message: error.message };
    return { file, checks: [], ok: false, diagnostics: [], problem, exit: 2 };
  }
  const report = await runLab(text, {
    ...(box === undefined ? {} : { box }),
    signal,
    readFile: fileReader(file),
    onStarted: (lab, { kind, startMs }) => {
      const note = `${file}, ${kind} ready in ${duration(startMs)}`;
      if (style) print(`${style.bold(lab.name)}  ${style.dim(note)}`);
    },
    onDeployed: (result) => {
      if (!style) return;
      say(result.operations.flatMap((operation) => operationLines(operation, style)));
      say(failureLines(result, style));
    },
    onChecked: (check) => style && say(checkLines(check, style)),
  });
  if (style) tellProblems({ ...report, file }, style);
  return { ...report, file };
}

function tellProblems(report: FileReport, style: Style): void {
  const { file, diagnostics, problem, exit } = report;
  for (const item of diagnostics) {
    if (item.severity === 'error') printError(diagnosticLine(file, item, styleOf(process.stderr)));
    else if (item.severity === 'warning') print(`  ${diagnosticLine(file, item, style)}`);
  }
  if (problem === undefined) return;
  const what = exit === 3 ? 'This machine cannot run it' : 'It went no further';
  printError(`${file}: ${what}: ${[problem.message, problem.remedy].filter(Boolean).join(' ')}`);
}

function summary(reports: FileReport[], files: number, ms: number, style: Style): string {
  const failed = reports.filter(({ ok }) => !ok).length;
  const checks = reports.flatMap((report) => report.checks);
  const failing = checks.filter(({ ok }) => !ok).length;
  const skipped = files - reports.length;
  const parts = [
    `${count(reports.length, 'lab')}, ${failed === 0 ? 'all pass' : style.red(`${failed} failed`)}`,
    `${count(checks.length, 'check')}, ${failing === 0 ? 'all hold' : style.red(`${failing} failed`)}`,
    ...(skipped > 0 ? [`${count(skipped, 'file')} not tried (--keep-going goes on)`] : []),
  ];
  return `${parts.join('; ')}  ${style.dim(duration(ms))}`;
}

const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
