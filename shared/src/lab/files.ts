import type { Finding } from './diagnostics.ts';
import { networkFile, type NetworkFiles } from './networks.ts';
import type { Lab } from './schema.ts';

type ReadFile = ((relativePath: string) => string | undefined) | undefined;

/** Reads what `file:` networks name. The path stays below the lab file's folder. */
export function readNetworkFiles(
  lab: Lab,
  readFile: ReadFile,
): { files: NetworkFiles; findings: Finding[] } {
  const files = new Map<string, string>();
  const findings: Finding[] = [];
  for (const [hostAt, host] of (lab.hosts ?? []).entries()) {
    for (const [at, config] of (host.networks ?? []).entries()) {
      const file = networkFile(config);
      if (file === undefined) continue;
      const refuse = (reason: string) =>
        findings.push({
          severity: 'error',
          code: 'network-file',
          message: `Network number ${at + 1} of host ${host.name} names the file "${file}", ${reason}.`,
          path: ['hosts', hostAt, 'networks', at, 'file'],
          element: `network:${host.name}/networks[${at}]`,
        });
      if (!staysBelow(file)) {
        refuse('which is not below the lab file\'s folder: give a relative path without ".."');
      } else if (!readFile) {
        refuse('which is read only from the command line: put its text here instead');
      } else {
        const text = readFile(file);
        if (text === undefined) refuse('which cannot be read: check the path and its rights');
        else files.set(file, text);
      }
    }
  }
  return { files, findings };
}

const staysBelow = (path: string): boolean =>
  path !== '' && !/^[/\\]|^[a-zA-Z]:|\\|\u0000/.test(path) && !path.split('/').includes('..');
