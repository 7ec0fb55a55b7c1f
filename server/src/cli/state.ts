import type { ElementState, Snapshot } from '@cnilab/shared/live/events';
import type { Address, Link, Namespace } from '@cnilab/shared/live/namespace';
import { createClient, serverHelp, serverOptions } from './client.ts';
import { operands, print, readArgs, type Command } from './command.ts';
import { plain, styleOf, type Style } from './style.ts';

export const command: Command = {
  name: 'state',
  usage: 'NAME [--json] [--server URL]',
  summary: 'show what is in a running lab',
  help: `Shows hosts and pods with their interfaces and addresses, as the kernel has them, and what
failed.

  --json         the whole state: links, addresses, routes, neighbours, rules, operations
${serverHelp}`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, { ...serverOptions, json: { type: 'boolean' } });
    const [lab] = operands(positionals, 'NAME');
    const snapshot = await createClient(values.server).call('getState', { lab });
    if (values.json) print(JSON.stringify(snapshot, undefined, 2));
    else print(stateText(lab, snapshot, styleOf(process.stdout)));
    return 0;
  },
};

/** The state as a tree: hosts, their interfaces, their pods. */
export function stateText(lab: string, snapshot: Snapshot, style: Style): string {
  const reason = snapshot.error === undefined ? '' : `: ${plain(snapshot.error)}`;
  const lines = [`${style.bold(lab)}  ${snapshot.state}${reason}`];
  const all = Object.values(snapshot.namespaces);
  for (const host of all.filter(({ kind }) => kind === 'host')) {
    lines.push(...namespaceLines(host, host.id, '  ', snapshot, style));
    const inner = all.filter((item) => item.kind !== 'host' && item.host === host.id);
    for (const item of inner) {
      const name = item.id.slice(host.id.length + 1);
      const note = item.kind === 'foreign' ? ' (not from the lab file)' : '';
      lines.push(...namespaceLines(item, name + note, '    ', snapshot, style));
    }
  }
  const failed = Object.entries(snapshot.elements).filter(([, { state }]) => state === 'failed');
  if (failed.length > 0)
    lines.push('', ...failed.map(([id, state]) => failedLine(id, state, style)));
  return lines.join('\n');
}

function namespaceLines(
  namespace: Namespace,
  name: string,
  indent: string,
  { namespaces }: Snapshot,
  style: Style,
): string[] {
  const width = Math.max(0, ...namespace.links.map((link) => plain(link.name).length));
  const links = namespace.links.map((link) => {
    const addresses = namespace.addresses.filter(({ index }) => index === link.index);
    const parts = [
      plain(link.name).padEnd(width),
      link.state.toLowerCase().padEnd(7),
      describeLink(link, namespace, namespaces),
      addresses.map(addressText).join(' '),
    ];
    return `${indent}  ${parts.filter((part) => part !== '').join('  ')}`.trimEnd();
  });
  return [`${indent}${style.bold(plain(name))}`, ...links];
}

const addressText = ({ address, prefix, peer }: Address) =>
  peer === undefined ? `${address}/${prefix}` : `${address} peer ${peer}/${prefix}`;

/** `veth to node1/web eth0, port of mynet0` */
function describeLink(link: Link, here: Namespace, all: Record<string, Namespace>): string {
  const there =
    link.linkNamespace === undefined || link.linkNamespace === here.id
      ? here
      : all[link.linkNamespace];
  const other = there?.links.find(({ index }) => index === link.link);
  const master = here.links.find(({ index }) => index === link.master);
  const word = link.kind === 'veth' ? 'to' : 'on';
  const where = there === here || there === undefined ? '' : `${there.id || 'segment'} `;
  return [
    [
      link.kind === 'loopback' ? '' : link.kind,
      link.vlan === undefined ? '' : `${link.vlan}`,
      other === undefined || other === link ? '' : `${word} ${plain(where + other.name)}`,
    ]
      .filter(Boolean)
      .join(' '),
    master === undefined ? '' : `port of ${plain(master.name)}`,
  ]
    .filter(Boolean)
    .join(', ');
}

const failedLine = (id: string, { error }: ElementState, style: Style) =>
  `${style.red('✗')} ${plain(id)}: ${plain(error ?? 'failed')}`;
