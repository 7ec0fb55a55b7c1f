import { parseIp } from '../cni/ip.ts';
import type { HostContext, LabContext } from './context.ts';
import type { Finding } from './diagnostics.ts';
import { didYouMean } from './names.ts';
import { regexProblem } from './pattern.ts';
import type { Check } from './schema.ts';

/** Rules about who asks, whom, and what is expected. */
export function diagnoseChecks({ lab, hosts }: LabContext): Finding[] {
  return (lab.checks ?? []).flatMap((check, at) => {
    const place: Place = { check, at, hosts };
    return [...from(place), ...target(place), ...patterns(place), ...operation(place)];
  });
}

interface Place {
  check: Check;
  at: number;
  hosts: HostContext[];
}

function error(
  { check, at }: Place,
  key: (string | number)[],
  code: string,
  message: string,
): Finding {
  return {
    severity: 'error',
    code,
    message: `Check "${check.name}" ${message}`,
    path: ['checks', at, ...key],
    element: `check:${at}`,
  };
}

/** What is wrong with HOST or HOST/POD, if anything is. */
function reference(
  hosts: HostContext[],
  text: string,
): { code: string; reason: string } | undefined {
  const [hostName = '', podName, ...rest] = text.split('/');
  const host = hosts.find((other) => other.host.name === hostName)?.host;
  if (!host) {
    const known = hosts.slice(0, 50).map((other) => other.host.name);
    const reason = `the lab has no host "${hostName}".${didYouMean(hostName, known)}`;
    return { code: 'unknown-host', reason };
  }
  if (podName === undefined) return undefined;
  const isPod = host.pods?.some(({ name }) => name === podName);
  if (rest.length === 0 && isPod) return undefined;
  const pods = (host.pods ?? []).map((pod) => pod.name);
  const name = [podName, ...rest].join('/');
  return {
    code: 'unknown-pod',
    reason: `host ${hostName} has no pod "${name}".${didYouMean(name, pods)}`,
  };
}

function from(place: Place): Finding[] {
  const problem = reference(place.hosts, place.check.from);
  if (!problem) return [];
  const message = `starts from "${place.check.from}", but ${problem.reason}`;
  return [error(place, ['from'], problem.code, message)];
}

function target(place: Place): Finding[] {
  const { check } = place;
  if ('ping' in check) return address(place, 'ping', check.ping);
  if ('tcp' in check) return socket(place, 'tcp', check.tcp);
  if ('udp' in check) return socket(place, 'udp', check.udp);
  if ('http' in check) return url(place, check.http);
  if (!('route' in check) || parseIp(check.route)) return [];
  const message = `asks for the route to "${check.route}", which is not an IP address.`;
  return [error(place, ['route'], 'bad-address', message)];
}

/** An address, or HOST/POD, which stands for the pod's first address. */
function address(place: Place, key: string, text: string): Finding[] {
  if (parseIp(text)) return [];
  if (!text.includes('/')) {
    const message = `has the target "${text}": give an IP address, or HOST/POD for a pod's first address.`;
    return [error(place, [key], 'bad-address', message)];
  }
  const problem = reference(place.hosts, text);
  if (!problem) return [];
  return [error(place, [key], problem.code, `has the target "${text}", but ${problem.reason}`)];
}

function socket(place: Place, key: string, text: string): Finding[] {
  const parts = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]+)$/.exec(text);
  const port = Number(parts?.[3]);
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined || port < 1 || port > 65535) {
    const message = `has the target "${text}": write ADDRESS:PORT, such as "192.0.2.11:80" or "[2001:db8::11]:80".`;
    return [error(place, [key], 'bad-address', message)];
  }
  return address(place, key, host);
}

function url(place: Place, text: string): Finding[] {
  const parts = /^http:\/\/(?:\[([^\]]*)\]|([^/:?#[\]\s]+))(?::([0-9]{1,5}))?(?:[/?#]\S*)?$/.exec(
    text,
  );
  const six = parts?.[1];
  const port = Number(parts?.[3] ?? 80);
  if (parts && (six === undefined || parseIp(six)) && port >= 1 && port <= 65535) return [];
  const message = `has the URL "${text}": write for example "http://192.0.2.11:8080/".`;
  return [error(place, ['http'], 'bad-address', message)];
}

function patterns(place: Place): Finding[] {
  const { check } = place;
  const findings: Finding[] = [];
  const add = (path: string[], text: string | undefined) => {
    const problem = text === undefined ? undefined : regexProblem(text);
    if (problem === undefined) return;
    const message = `has the pattern ${text}, which is not a regular expression: ${problem}.`;
    findings.push(error(place, path, 'bad-pattern', message));
  };
  if ('exec' in check) add(['expect', 'stdout'], check.expect?.stdout);
  if ('rules' in check) add(['rules', 'match'], check.rules.match);
  if ('http' in check && check.expect?.source !== undefined && !parseIp(check.expect.source)) {
    const message = `expects the source "${check.expect.source}", which is not an IP address.`;
    findings.push(error(place, ['expect', 'source'], 'bad-address', message));
  }
  return findings;
}

function operation(place: Place): Finding[] {
  const { check, hosts } = place;
  if (!('operation' in check)) return [];
  const { op, pod, network } = check.operation;
  const host = hosts.find((other) => other.host.name === check.from.split('/')[0]);
  const findings: Finding[] = [];
  if (network === undefined) {
    findings.push(error(place, ['operation'], 'operation', `runs ${op} but names no "network".`));
  }
  if (op === 'check' && pod === undefined) {
    findings.push(error(place, ['operation'], 'operation', 'runs check but names no "pod".'));
  }
  if (!host) return findings;
  const unknown = (kind: string, name: string | undefined, known: string[]) => {
    if (name === undefined || known.includes(name)) return;
    const message = `names the ${kind} "${name}", which host ${host.host.name} does not have.`;
    findings.push(
      error(place, ['operation', kind], `unknown-${kind}`, message + didYouMean(name, known)),
    );
  };
  const networks = host.networks.map(({ name }) => name);
  if (networks.length === (host.host.networks ?? []).length) unknown('network', network, networks);
  unknown(
    'pod',
    pod,
    (host.host.pods ?? []).map(({ name }) => name),
  );
  return [...findings, ...withoutEffect(place, host)];
}

/** What can be run and yet says nothing: of use to nobody, but no reason to deploy nothing. */
function withoutEffect(place: Place, { host, networks }: HostContext): Finding[] {
  if (!('operation' in place.check)) return [];
  const { op, pod: podName, network } = place.check.operation;
  const warn = (key: string, message: string): Finding[] => [
    { ...error(place, ['operation', key], 'operation', message), severity: 'warning' },
  ];
  if (op !== 'check') {
    if (podName === undefined) return [];
    return warn('pod', `names a pod, but ${op} is about a whole network: leave "pod" out.`);
  }
  const pod = host.pods?.find(({ name }) => name === podName);
  if (!pod || !networks.some(({ name }) => name === network)) return [];
  if (pod.attachments?.some((attachment) => attachment.network === network)) return [];
  const id = `${host.name}/${pod.name}`;
  return warn('network', `cannot hold: pod ${id} has no attachment to network "${network}".`);
}
