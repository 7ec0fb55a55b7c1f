import type { OutputFile } from '@cnilab/shared/lab/compileToFiles';

/**
 * A POSIX shell script that writes the files below the folder it is run in: one file to download,
 * that can be read before it is run.
 */
export function filesScript(files: readonly OutputFile[]): string {
  const folders = new Set(files.flatMap(({ path }) => folderOf(path) ?? []));
  return [
    '#!/bin/sh',
    'set -e',
    ...[...folders].map((folder) => `mkdir -p ${quote(folder)}`),
    ...files.map(({ path, text }) => `printf %s ${quote(text)} > ${quote(path)}`),
    '',
  ].join('\n');
}

function folderOf(path: string): string | undefined {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? undefined : path.slice(0, slash);
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
