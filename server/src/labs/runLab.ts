import type { CompiledLab } from '@cnilab/shared/lab/compiled';
import type { Diagnostic } from '@cnilab/shared/lab/diagnostics';
import { kernelNeeds } from '@cnilab/shared/lab/needs';
import { parseLab, type ParseOptions } from '@cnilab/shared/lab/parse';
import type { ApplyResult } from '@cnilab/shared/protocol/agent';
import type { CheckResult } from '@cnilab/shared/protocol/checks';
import { BoxError, type Box } from '../box/box.ts';
import { startBox } from '../box/startBox.ts';
import type { StartBox } from './labs.ts';

export interface LabReport {
  /** Absent when the text could not be read so far. */
  name?: string;
  box?: { kind: Box['kind']; startMs: number };
  deploy?: ApplyResult;
  /** In the order of the file; those that were not reached are missing. */
  checks: CheckResult[];
  ok: boolean;
  diagnostics: Diagnostic[];
  /** Why it went no further. */
  problem?: { message: string; remedy?: string };
  /** 0 all holds, 1 a failed deployment or check, 2 a wrong file, 3 no box for it here. */
  exit: 0 | 1 | 2 | 3;
}

export interface RunLabOptions extends ParseOptions {
  /** Overrides the box kind that the lab asks for. */
  box?: Box['kind'];
  /** Aborting ends the box at once. */
  signal?: AbortSignal;
  startBox?: StartBox;
  /** Progress, as it happens. */
  onStarted?(lab: CompiledLab, box: Box): void;
  onDeployed?(result: ApplyResult): void;
  onChecked?(result: CheckResult): void;
  /** After the checks, while the box is still there. */
  inspect?(box: Box): Promise<void>;
}

/**
 * Runs a lab from its text to the end of its box: deploy, checks in order, stop. What goes wrong is
 * in the report; the box is gone when this returns or throws, whatever happened.
 */
export async function runLab(text: string, options: RunLabOptions = {}): Promise<LabReport> {
  const { lab, compiled, diagnostics } = parseLab(
    text,
    options.readFile === undefined ? {} : { readFile: options.readFile },
  );
  const report: LabReport = {
    ...(lab === undefined ? {} : { name: lab.name }),
    checks: [],
    ok: false,
    diagnostics,
    exit: 2,
  };
  if (compiled === undefined) return report;
  options.signal?.throwIfAborted();
  let box: Box;
  try {
    const start = options.startBox ?? startBox;
    box = await start({ kind: options.box ?? compiled.box, needs: kernelNeeds(compiled) });
  } catch (error) {
    if (!(error instanceof BoxError)) throw error;
    const { message, remedy } = error;
    return {
      ...report,
      exit: 3,
      problem: { message, ...(remedy === undefined ? {} : { remedy }) },
    };
  }
  const abort = () => void box.stop();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    options.signal?.throwIfAborted();
    report.box = { kind: box.kind, startMs: box.startMs };
    report.exit = 1;
    options.onStarted?.(compiled, box);
    await runIn(box, compiled, report, options);
    options.signal?.throwIfAborted();
  } finally {
    options.signal?.removeEventListener('abort', abort);
    await box.stop();
  }
  return report;
}

async function runIn(box: Box, lab: CompiledLab, report: LabReport, options: RunLabOptions) {
  try {
    report.deploy = await box.request('apply', { lab });
    options.onDeployed?.(report.deploy);
    for (const check of lab.checks) {
      const result = await box.request('check', { check });
      report.checks.push(result);
      options.onChecked?.(result);
    }
  } catch (error) {
    report.problem = { message: error instanceof Error ? error.message : String(error) };
    return;
  }
  await options.inspect?.(box);
  report.ok = report.deploy.ok && report.checks.every(({ ok }) => ok);
  if (report.ok) report.exit = 0;
}
