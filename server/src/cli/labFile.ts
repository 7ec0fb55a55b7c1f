import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { parseJson, toPlain } from '@cnilab/shared/cni/json';
import type { Diagnostic } from '@cnilab/shared/lab/diagnostics';
import { readText } from '@cnilab/shared/lab/document';
import { applyEdits } from '@cnilab/shared/lab/edits';
import { networkFile } from '@cnilab/shared/lab/networks';
import { parseLab } from '@cnilab/shared/lab/parse';
import { spliceValue } from '@cnilab/shared/lab/splice';
import { CommandError } from './command.ts';
import { plain, type Style } from './style.ts';

/** A lab file's text. Throws a CommandError (exit 2) when it cannot be read. */
export function readLabFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file}: ${readFailure(error)}`, 2, { cause: error });
  }
}

/** Reads what a lab's `file:` networks name; nothing that leads out of the lab file's folder. */
export function fileReader(labFile: string): (path: string) => string | undefined {
  const folder = dirname(resolve(labFile));
  return (path) => {
    try {
      const target = realpathSync(resolve(folder, path));
      if (relative(realpathSync(folder), target).split('/')[0] === '..') return undefined;
      if (!statSync(target).isFile()) return undefined; // reading a pipe would wait for ever
      return readFileSync(target, 'utf8');
    } catch {
      return undefined;
    }
  };
}

/** The text with the networks of its `file:` entries put in their place. */
export function inlineFiles(text: string, readFile: (path: string) => string | undefined): string {
  const { lab } = parseLab(text, { readFile });
  let result = text;
  for (const [host, { networks }] of (lab?.hosts ?? []).entries()) {
    for (const [at, network] of (networks ?? []).entries()) {
      const file = networkFile(network);
      const content = file === undefined ? undefined : readFile(file);
      if (content === undefined) continue;
      const path = ['hosts', host, 'networks', at];
      const value = parseJson(content);
      // Splicing keeps the texts of numbers and the order of keys; an edit holds plain JSON.
      result =
        spliceValue(readText(result), path, value) ??
        applyEdits(result, [{ edit: 'set', path, value: toPlain(value) }]);
    }
  }
  return result;
}

/** `FILE:LINE:COLUMN: severity: message`, which editors and terminals make a link of. */
export function diagnosticLine(file: string, item: Diagnostic, style: Style): string {
  const place = [file, item.line, item.column].filter((part) => part !== undefined).join(':');
  const colour = { error: style.red, warning: style.yellow, hint: style.dim }[item.severity];
  return `${place}: ${colour(item.severity)}: ${plain(item.message)}`;
}

function readFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file.';
  if (code === 'EACCES') return 'this user may not read it.';
  if (code === 'EISDIR') return 'this is a folder; name a lab file in it.';
  return error instanceof Error ? error.message : String(error);
}
