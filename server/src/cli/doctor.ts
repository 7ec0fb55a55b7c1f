import type { Doctor } from '@cnilab/shared/protocol/api';
import { doctor } from '../labs/doctor.ts';
import { operands, print, readArgs, type Command } from './command.ts';
import { mark } from './report.ts';
import { plain, styleOf, table, type Style } from './style.ts';

export const command: Command = {
  name: 'doctor',
  usage: '[--json]',
  summary: 'what this machine offers',
  help: `Tries what this machine offers to labs: kinds of boxes, CNI plugins and the versions of CNI that
they speak, kernel features, tools. For whatever is missing it prints the command that installs it.

  --json   the same as JSON

Exit code: 0 labs can run here, 1 they cannot.`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, { json: { type: 'boolean' } });
    operands(positionals);
    const found = await doctor();
    const ok = canRunLabs(found);
    print(values.json ? JSON.stringify(found, undefined, 2) : doctorText(found, ok));
    return ok ? 0 : 1;
  },
};

/** A box, and the plugins that any attachment needs. */
const canRunLabs = ({ boxes, plugins }: Doctor): boolean =>
  boxes.some(({ works }) => works) && plugins.some(({ type }) => type === 'bridge');

function doctorText(found: Doctor, ok: boolean): string {
  const style = styleOf(process.stdout);
  const { boxes, plugins, pluginPath, features, tools, missing } = found;
  const section = (title: string, rows: string[][]) =>
    rows.length === 0 ? [] : ['', style.bold(title), table(rows).replace(/^/gm, '  ')];
  return [
    ok ? style.green('Labs can run here.') : style.red('Labs cannot run here yet.'),
    ...section(
      'Boxes',
      boxes.map(({ kind, works, reason, remedy }) => [
        `${mark(works, style)} ${kind}`,
        [reason, remedy].filter(Boolean).join(' '),
      ]),
    ),
    ...section(
      `CNI plugins (looked for in ${pluginPath.join(', ')})`,
      plugins.map(({ type, path, versions }) => [plain(type), versionText(versions), plain(path)]),
    ),
    ...section(
      'Kernel',
      Object.entries(features).map(([name, works]) => [`${mark(works, style)} ${name}`]),
    ),
    ...section(
      'Tools',
      tools.map(({ name, path, version }) => [
        `${mark(path !== undefined, style)} ${name}`,
        version ?? '',
        path ?? '',
      ]),
    ),
    ...missingLines(missing, style),
  ].join('\n');
}

const versionText = (versions: string[]) =>
  versions.length === 0 ? 'does not answer as a plugin' : `${versions.at(0)} to ${versions.at(-1)}`;

const missingLines = (missing: Doctor['missing'], style: Style): string[] =>
  missing.length === 0
    ? []
    : [
        '',
        style.bold('Missing'),
        ...missing.flatMap(({ what, remedy }) => [`  ${what}`, `    ${remedy}`]),
      ];
