import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompiledLab } from '@cnilab/shared/lab/compiled';
import { parseLab } from '@cnilab/shared/lab/parse';
import { makeDirectory } from '../labs/makeDirectory.ts';
import {
  CommandError,
  operands,
  print,
  printError,
  readArgs,
  UsageError,
  type Command,
} from './command.ts';
import { diagnosticLine, fileReader, readLabFile } from './labFile.ts';
import { styleOf } from './style.ts';

export const command: Command = {
  name: 'compile',
  usage: 'FILE --out DIR',
  summary: "write a lab's CNI configuration as files for real machines",
  help: `Writes DIR/HOST/etc/cni/net.d/NAME.conflist (or .conf) for each network of each host, and
DIR/README, which tells how to use them on a real machine. Files of the same names are replaced.

Exit code: 0 written, 2 the file or the arguments are wrong.`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, { out: { type: 'string' } });
    const [file] = operands(positionals, 'FILE');
    if (!values.out) throw new UsageError('--out DIR is missing.');
    const { compiled, diagnostics } = parseLab(readLabFile(file), { readFile: fileReader(file) });
    const style = styleOf(process.stderr);
    for (const item of diagnostics) printError(diagnosticLine(file, item, style));
    if (compiled === undefined) return 2;
    const written = networkFiles(compiled);
    try {
      for (const { path, text } of [...written, { path: ['README'], text: readme(compiled) }]) {
        await makeDirectory(join(values.out, ...path.slice(0, -1)));
        await writeFile(join(values.out, ...path), text);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError(`${values.out} cannot be written: ${reason}`, 2, { cause: error });
    }
    for (const { path } of written) print(join(values.out, ...path));
    return 0;
  },
};

/** One file per network; `path` starts below the output folder. */
export function networkFiles(lab: CompiledLab): { path: string[]; text: string }[] {
  return lab.hosts.flatMap((host) =>
    host.networks.map(({ file, text }) => {
      // Names of networks come from the lab file, and a file name must not lead elsewhere.
      if (/[/\u0000]/.test(file)) throw new CommandError(`${file} is not a file name.`, 2);
      return { path: [host.name, 'etc', 'cni', 'net.d', file], text };
    }),
  );
}

function readme(lab: CompiledLab): string {
  const hosts = lab.hosts.filter(({ networks }) => networks.length > 0);
  return `CNI configuration of the lab ${lab.name}
${'='.repeat(29 + lab.name.length)}

One folder per host, with the files as they belong below / of that machine:

${hosts.map((host) => host.networks.map(({ file }) => `  ${host.name}/etc/cni/net.d/${file}\n`).join('')).join('')}
To use them on a real machine:

1. Install the CNI plugins that the files name ("type"), for example with
     apt-get install containernetworking-plugins
   and note their folder (/usr/lib/cni there, /opt/cni/bin elsewhere).
2. Copy the host's files:
     cp -r HOST/etc/cni /etc/
3. Attach a network namespace to a network, and look at it, as root:
     ip netns add demo
     CNI_PATH=/usr/lib/cni cnitool add NETWORK /run/netns/demo
     ip netns exec demo ip address
   Capabilities such as port mappings go into CAP_ARGS, as in
     CAP_ARGS='{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}'
4. Undo it with the same arguments and environment:
     CNI_PATH=/usr/lib/cni cnitool del NETWORK /run/netns/demo
     ip netns delete demo

A container runtime that reads /etc/cni/net.d uses the first file by name. What a lab does besides
CNI (segments, interfaces, routes, sysctls) is not part of these files.
`;
}
