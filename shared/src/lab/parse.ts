import { compileLab } from './compile.ts';
import type { CompiledLab } from './compiled.ts';
import { diagnose } from './diagnose.ts';
import type { Diagnostic, Finding } from './diagnostics.ts';
import { readText, type LabText } from './document.ts';
import { readNetworkFiles } from './files.ts';
import type { NetworkFiles } from './networks.ts';
import type { Lab } from './schema.ts';
import { readShape } from './shape.ts';
import type { SourceMapEntry } from './sourceMap.ts';

export interface ParseOptions {
  /**
   * Text of a file beside the lab file, by its relative path; undefined when there is none.
   * Without this function, networks with `file:` are refused.
   */
  readFile?: (relativePath: string) => string | undefined;
}

export interface ParsedLab {
  /** Present when the document has the shape of a lab, even if its references are wrong. */
  lab?: Lab;
  /** Present when nothing is wrong with the document. */
  compiled?: CompiledLab;
  sourceMap?: SourceMapEntry[];
  /** In the order of the text. */
  diagnostics: Diagnostic[];
}

/** Reads a lab file, YAML or JSON, with everything that is wrong with it. Never throws. */
export function parseLab(text: string, options: ParseOptions = {}): ParsedLab {
  const read = readText(text);
  const diagnostics = read.problems.map(({ severity, code, message, path, offset }) => ({
    severity,
    code,
    message,
    path: [...path],
    ...read.position(offset),
  }));
  if (read.contents === null || read.root === undefined) {
    return { diagnostics: diagnostics.length > 0 ? diagnostics : [emptyText] };
  }
  const { lab, problems } = readShape(read.root);
  const findings: Finding[] = problems.map((problem) => ({ ...problem, severity: 'error' }));
  let files: NetworkFiles = new Map();
  if (lab) {
    const loaded = readNetworkFiles(lab, options.readFile);
    files = loaded.files;
    findings.push(...loaded.findings, ...diagnose(lab, files));
  }
  const all = [...diagnostics, ...findings.map((finding) => place(finding, read))].toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  if (!lab || problems.length > 0) return { diagnostics: all };
  if (all.some(({ severity }) => severity === 'error')) return { lab, diagnostics: all };
  return { lab, ...compileLab(lab, files), diagnostics: all };
}

const emptyText: Diagnostic = {
  severity: 'error',
  code: 'wrong-type',
  message: 'The text is empty: a lab starts with "cnilab: 1" and a "name".',
  path: [],
  line: 1,
  column: 1,
};

function place({ atKey, element, path, ...finding }: Finding, read: LabText): Diagnostic {
  return {
    ...finding,
    path: [...path],
    ...read.position(read.locate(path, atKey ? 'key' : 'value')),
    ...(element === undefined ? {} : { element }),
  };
}
