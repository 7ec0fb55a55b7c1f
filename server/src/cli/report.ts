import { fromPlain, parseJson, type Json } from '@cnilab/shared/cni/json';
import { adviceFor } from '@cnilab/shared/live/advice';
import type { Operation } from '@cnilab/shared/live/operation';
import type { ApplyResult } from '@cnilab/shared/protocol/agent';
import type { CheckResult } from '@cnilab/shared/protocol/checks';
import type { LabReport } from '../labs/runLab.ts';
import { duration, plain, type Style } from './style.ts';

export interface FileReport extends LabReport {
  file: string;
}

/** The document of `cnilab test --json`; `result` keeps the plugins' own numbers and key order. */
export function testDocument(reports: FileReport[], ok: boolean): Json {
  return new Map<string, Json>([
    ['labs', reports.map(labJson)],
    ['ok', ok],
  ]);
}

function labJson(report: FileReport): Json {
  const { deploy, problem, diagnostics } = report;
  const json = new Map<string, Json>([['file', report.file]]);
  if (report.name !== undefined) json.set('name', report.name);
  json.set('box', fromPlain(report.box ?? null));
  json.set('deploy', deploy === undefined ? null : deployJson(deploy));
  json.set(
    'checks',
    report.checks.map(({ name, ok, ms, attempts, got, message }) =>
      fromPlain({ name, ok, ms, attempts, got, message }),
    ),
  );
  json.set('ok', report.ok);
  if (problem !== undefined) json.set('problem', fromPlain(problem));
  if (diagnostics.length > 0) json.set('diagnostics', fromPlain(diagnostics));
  return json;
}

function deployJson({ ok, ms, operations, failures }: ApplyResult): Json {
  return new Map<string, Json>([
    ['ok', ok],
    ['ms', fromPlain(ms)],
    ['operations', operations.map(operationJson)],
    ...(failures.length > 0 ? [['failures', fromPlain(failures)] as const] : []),
  ]);
}

function operationJson(operation: Operation): Json {
  const { op, host, pod, network, ok, ms, steps, result, error, cleanup } = operation;
  const json = fromPlain({
    op,
    host,
    pod,
    network,
    interface: operation.interface,
    ok,
    ms,
    cleanup,
    steps: steps.map(({ plugin, exit, signal, ms: stepMs, error: stepError, kernel }) => ({
      plugin,
      exit,
      signal,
      ms: stepMs,
      kernel,
      error: stepError,
    })),
  });
  if (json instanceof Map) {
    json.set('result', result === undefined ? null : resultJson(result));
    json.set('error', fromPlain(error));
  }
  return json;
}

/** A plugin may print anything; what is no JSON is given as text. */
function resultJson(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** `✓ ADD node1/web mynet eth0  102 ms  (bridge 35 ms, portmap 65 ms)`, and why not. */
export function operationLines(operation: Operation, style: Style): string[] {
  const { op, host, pod, network, ok, ms, steps, error, cleanup } = operation;
  const where = [pod === '' ? host : `${host}/${pod}`, network, operation.interface];
  const times = steps.map(({ plugin, ms: stepMs }) => `${plain(plugin)} ${duration(stepMs)}`);
  const note = cleanup ? ' after the failed ADD' : '';
  const head = `${mark(ok, style)} ${op} ${where.filter(Boolean).join(' ')}${note}`;
  const tail = times.length > 0 ? ` (${times.join(', ')})` : '';
  const lines = [`${head}  ${style.dim(duration(ms) + tail)}`];
  // A clean-up goes on after a failed step, so each has its own error.
  const errors = cleanup ? steps.flatMap((step) => step.error ?? []) : error ? [error] : [];
  for (const problem of errors) {
    const { plugin, code, msg, details } = problem;
    const who = plugin === undefined ? '' : `${plugin}: `;
    const number = code === 0 ? '' : ` (code ${code})`;
    // Several problems of one operation stand in lines of their own.
    const words = (who + msg).split('\n').map((line) => style.red(plain(line)));
    lines.push(`    ${words.join('\n    ')}${number}`);
    const more = [details ?? '', adviceFor(problem) ?? ''].filter((text) => text !== '');
    lines.push(...more.map((text) => `    ${plain(text)}`));
  }
  return [...lines, ...outcomeLines(operation)];
}

/** What CHECK, GC, STATUS and VERSION found out. */
function outcomeLines({ op, ok, notAsked, removed, versions }: Operation): string[] {
  if (notAsked !== undefined) return [`    not asked: ${notAsked}`];
  if (op === 'STATUS' && ok) return ['    ready'];
  if (op === 'GC') {
    const gone = (removed ?? []).map(
      (item) => `    removed ${plain(item.containerId)} ${plain(item.interface)}`,
    );
    return gone.length === 0 && ok ? ['    nothing was left over'] : gone;
  }
  return (versions ?? []).map(
    (item) => `    ${plain(item.plugin)} takes ${plain(item.versions.join(', '))}`,
  );
}

export function failureLines({ failures }: ApplyResult, style: Style): string[] {
  return failures.map(({ element, error }) => `${mark(false, style)} ${element}: ${plain(error)}`);
}

/** One line when it holds; when not, what was expected and what was seen. */
export function checkLines(check: CheckResult, style: Style): string[] {
  const { name, ok, ms, attempts, got, message } = check;
  const tries = attempts > 1 ? `, ${attempts} attempts` : '';
  const lines = [`${mark(ok, style)} ${plain(name)}  ${style.dim(duration(ms) + tries)}`];
  if (ok) return lines;
  if (message) lines.push(`    ${style.red(plain(message))}`);
  lines.push(`    seen: ${plain(shorten(JSON.stringify(got), 2000))}`);
  return lines;
}

export const mark = (ok: boolean, style: Style) => (ok ? style.green('✓') : style.red('✗'));

const shorten = (text: string, length: number) =>
  text.length > length ? `${text.slice(0, length)}…` : text;
