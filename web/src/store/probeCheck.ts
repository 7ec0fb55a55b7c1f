import { formatIp, parseIp } from '@cnilab/shared/cni/ip';
import type { Check } from '@cnilab/shared/lab/schema';
import type { Snapshot } from '@cnilab/shared/live/events';

/** A probe that a person asks for. */
export interface ProbeDraft {
  kind: 'ping' | 'tcp' | 'udp' | 'http';
  /** HOST or HOST/POD. */
  from: string;
  /** An address, HOST, HOST/POD, or (for http) a URL. */
  to: string;
  /** For tcp, udp and http. */
  port: number;
}

/** The check that makes the probe. Throws a sentence for a person when there is none. */
export function probeCheck(draft: ProbeDraft, live: Snapshot): Check {
  if (!live.namespaces[draft.from]) {
    throw new Error(
      draft.from
        ? `“${draft.from}” does not run: choose a host or pod that does.`
        : 'Choose where the probe starts.',
    );
  }
  const base = { name: probeTitle(draft), from: draft.from, within: '3s' };
  if (draft.kind === 'http' && draft.to.includes('://')) return { ...base, http: draft.to };
  const address = targetAddress(draft, live);
  if (!address) {
    throw new Error(
      draft.to
        ? `“${draft.to}” is no address, and no host or pod that has one.`
        : 'Choose where the probe goes.',
    );
  }
  if (draft.kind === 'ping') return { ...base, ping: address };
  const place = `${address.includes(':') ? `[${address}]` : address}:${draft.port}`;
  if (draft.kind === 'tcp') return { ...base, tcp: place };
  if (draft.kind === 'udp') return { ...base, udp: place };
  return { ...base, http: `http://${place}/` };
}

export const probeTitle = ({ kind, from, to, port }: ProbeDraft): string =>
  `${kind} from ${from} to ${to}${kind === 'ping' || to.includes('://') ? '' : ` port ${port}`}`;

/** Where the packets of a probe are sent: text of an address. */
export function targetAddress({ to }: ProbeDraft, live: Snapshot): string | undefined {
  if (live.namespaces[to]) return namespaceAddress(live, to);
  const host = to.includes('://') ? urlHost(to) : to;
  const ip = parseIp(host);
  return ip && formatIp(ip);
}

/** The first IPv4, else IPv6, address of a namespace that others may reach. */
export function namespaceAddress(live: Snapshot, id: string): string | undefined {
  const namespace = live.namespaces[id];
  const reachable = (namespace?.addresses ?? [])
    .filter(({ scope }) => scope === 'global')
    .toSorted((a, b) => a.family - b.family || a.index - b.index);
  return reachable[0]?.address;
}

function urlHost(url: string): string {
  try {
    return new URL(url).hostname.replace(/^\[|\]$/g, '');
  } catch {
    return '';
  }
}

/** The port that a probe goes to; undefined for ping. */
export function targetPort({ kind, to, port }: ProbeDraft): number | undefined {
  if (kind === 'ping') return undefined;
  if (!to.includes('://')) return port;
  try {
    return Number(new URL(to).port) || 80;
  } catch {
    return undefined;
  }
}
