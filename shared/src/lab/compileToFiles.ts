import type { CompiledHost, CompiledLab, CompiledPod } from './compiled.ts';

export interface OutputFile {
  /** Relative, with `/`: `node1/etc/cni/net.d/mynet.conflist`. */
  path: string;
  text: string;
}

/** What `cnilab compile` writes: each host's CNI configuration, and how to use it. */
export function compileToFiles(lab: CompiledLab): OutputFile[] {
  return [
    ...lab.hosts.flatMap((host) =>
      host.networks.map(({ file, text }) => ({
        path: `${host.name}/etc/cni/net.d/${file}`,
        text,
      })),
    ),
    { path: 'README', text: readme(lab) },
  ];
}

function readme(lab: CompiledLab): string {
  return [
    `CNI configuration of the lab "${lab.name}"`,
    '',
    'Each folder is one host. Copy its etc/cni/net.d to that machine and make sure that the plugins',
    'it names are in /opt/cni/bin. The commands below make the pods by hand, as root, with cnitool',
    'of the CNI project; "npx cnilab cnitool" takes the same arguments and variables.',
    '',
    ...lab.hosts.flatMap(hostLines),
  ].join('\n');
}

function hostLines(host: CompiledHost): string[] {
  const ready = [
    ...host.interfaces.map(({ name }) => name),
    ...Object.entries(host.sysctls).map(([name, value]) => `${name}=${value}`),
  ];
  return [
    `Host ${host.name}`,
    '-'.repeat(`Host ${host.name}`.length),
    ...(ready.length === 0
      ? []
      : [`The lab expects on it, before any pod: ${ready.join(', ')}.`, '']),
    ...host.pods.flatMap(podLines),
    '',
  ];
}

function podLines(pod: CompiledPod): string[] {
  const netns = `/var/run/netns/${pod.name}`;
  const run = (
    operation: string,
    { network, ...attachment }: CompiledPod['attachments'][number],
  ) => {
    const variables = [
      ['NETCONFPATH', '/etc/cni/net.d'],
      ['CNI_PATH', '/opt/cni/bin'],
      ['CNI_IFNAME', attachment.interface],
      ...(attachment.capabilities === '{}' ? [] : [['CAP_ARGS', attachment.capabilities]]),
      ...(attachment.args.length === 0
        ? []
        : [['CNI_ARGS', attachment.args.map((pair) => pair.join('=')).join(';')]]),
    ];
    const words = variables.map(([name, value = '']) => `${name}=${quote(value)}`);
    return `  ${words.join(' ')} cnitool ${operation} ${network} ${netns}`;
  };
  return [
    `Pod ${pod.name}:`,
    `  ip netns add ${pod.name}`,
    `  ip -n ${pod.name} link set lo up`,
    ...pod.attachments.map((attachment) => run('add', attachment)),
    'and to remove it, in reverse order and with the same variables:',
    ...pod.attachments.toReversed().map((attachment) => run('del', attachment)),
    `  ip netns del ${pod.name}`,
    '',
  ];
}

/** A word for the shell. */
const quote = (text: string): string =>
  /^[A-Za-z0-9_./:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
