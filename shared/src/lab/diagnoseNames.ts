import { interfaceNameProblem } from '../cni/names.ts';
import type { LabContext } from './context.ts';
import type { Finding } from './diagnostics.ts';
import { capital } from './issues.ts';
import { attachmentInterfaces } from './names.ts';
import { textOf, type LabNetwork } from './networks.ts';
import type { LabAttachment } from './schema.ts';

type Path = (string | number)[];

/** Names that are there twice in their scope, and interface names that the kernel or CNI refuses. */
export function diagnoseNames({ lab, hosts }: LabContext): Finding[] {
  return [
    ...twice('segment', 'in the lab', lab.segments ?? [], ['segments']),
    ...twice('host', 'in the lab', lab.hosts ?? [], ['hosts']),
    ...twiceNamedChecks(lab.checks ?? []),
    ...hosts.flatMap(({ host, path, networks }) => [
      ...twice(
        'interface',
        `on host ${host.name}`,
        host.interfaces ?? [],
        [...path, 'interfaces'],
        {
          prefix: `${host.name}/`,
        },
      ),
      ...twice('pod', `on host ${host.name}`, host.pods ?? [], [...path, 'pods'], {
        prefix: `${host.name}/`,
      }),
      ...twice('network', `on host ${host.name}`, networks, [...path, 'networks'], {
        prefix: `${host.name}/`,
        indexes: networks.map(({ index }) => index),
      }),
      ...(host.interfaces ?? []).flatMap(({ name }, at) =>
        interfaceName(name, [...path, 'interfaces', at, 'name'], `interface:${host.name}/${name}`),
      ),
      ...(host.pods ?? []).flatMap((pod, podAt) => [
        ...attachmentNames(
          pod.attachments ?? [],
          `${host.name}/${pod.name}`,
          [...path, 'pods', podAt, 'attachments'],
          networks,
        ),
        ...listenPorts(pod.listen ?? [], `${host.name}/${pod.name}`, [
          ...path,
          'pods',
          podAt,
          'listen',
        ]),
      ]),
    ]),
  ];
}

function twice(
  kind: string,
  scope: string,
  items: readonly { name: string }[],
  path: Path,
  { prefix = '', indexes }: { prefix?: string; indexes?: number[] } = {},
): Finding[] {
  const seen = new Set<string>();
  return items.flatMap(({ name }, at): Finding[] => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [
      {
        severity: 'error',
        code: 'duplicate-name',
        message: `There are two ${kind}s "${name}" ${scope}: rename one of them.`,
        path: [...path, indexes?.[at] ?? at, ...(kind === 'network' ? [] : ['name'])],
        element: `${kind}:${prefix}${name}`,
      },
    ];
  });
}

function twiceNamedChecks(checks: readonly { name: string }[]): Finding[] {
  return twice('check', 'in the lab', checks, ['checks']).map((finding) => ({
    ...finding,
    severity: 'warning',
    element: `check:${String(finding.path[1])}`,
  }));
}

/** What is wrong with an interface's name, if anything is. */
export function interfaceName(name: string, path: Path, element: string): Finding[] {
  const problem = interfaceNameProblem(name);
  const reason = problem
    ? (problem.details ?? problem.msg).replace(/^interface name /, 'it ')
    : name === 'lo'
      ? 'every host and pod has its own already'
      : undefined;
  if (reason === undefined) return [];
  const what = capital(element.replace(':', ' '));
  const message = `${what} cannot have the name "${name}": ${reason}.`;
  return [{ severity: 'error', code: 'interface-name', message, path, element }];
}

function attachmentNames(
  attachments: readonly LabAttachment[],
  pod: string,
  path: Path,
  networks: readonly LabNetwork[],
): Finding[] {
  const names = attachmentInterfaces(attachments);
  return names.flatMap((name, at) => {
    const element = `attachment:${pod}/${name}`;
    const given = attachments[at]?.interface !== undefined;
    const place = given ? [...path, at, 'interface'] : [...path, at];
    const network = networks.find((other) => other.name === attachments[at]?.network);
    const isLoopback = name === 'lo' && network !== undefined && raisesLoopback(network);
    const problems = isLoopback ? [] : interfaceName(name, place, element);
    if (names.indexOf(name) === at) return problems;
    const message = `Two attachments of pod ${pod} make the interface "${name}": give each its own.`;
    return [
      ...problems,
      { severity: 'error' as const, code: 'duplicate-name', message, path: place, element },
    ];
  });
}

/** The loopback plugin makes no interface: it is meant to be run for the `lo` that is there. */
const raisesLoopback = ({ plugins: [first] }: LabNetwork): boolean =>
  first !== undefined && textOf(first, 'type') === 'loopback';

function listenPorts(
  listen: readonly { protocol: string; port: number }[],
  pod: string,
  path: Path,
): Finding[] {
  const keys = listen.map(({ protocol, port }) => `${protocol === 'udp' ? 'UDP' : 'TCP'} ${port}`);
  return keys.flatMap((key, at): Finding[] => {
    if (keys.indexOf(key) === at) return [];
    const message = `Pod ${pod} listens twice on ${key} port: change one of the ports.`.replace(
      / (\d+) port/,
      ' port $1',
    );
    const element = `listen:${pod}/${at}`;
    return [{ severity: 'error', code: 'port-in-use', message, path: [...path, at], element }];
  });
}
