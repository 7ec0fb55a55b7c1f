import type { Endpoint, Flow } from '@cnilab/shared/live/flows';
import type { Namespace } from '@cnilab/shared/live/namespace';

/** Which host or pod an address belongs to: a pod of the same host by its name, others in full. */
export type AddressNames = ReadonlyMap<string, string>;

/**
 * Names of addresses. Pods of several hosts may have the same address: then the name is that of the
 * namespace itself or of one on its host, and there is none if that leaves several.
 */
export function addressNames(
  namespaces: Readonly<Record<string, Namespace>>,
  namespace: string,
): AddressNames {
  const hostOf = (id: string) => id.split('/')[0];
  const distance = (id: string) =>
    id === namespace ? 0 : hostOf(id) === hostOf(namespace) ? 1 : 2;
  const nearest = new Map<string, { id: string | undefined; distance: number }>();
  for (const { id, kind, addresses } of Object.values(namespaces)) {
    if (kind === 'segments') continue;
    const own = distance(id);
    for (const { address, scope } of addresses) {
      // Every namespace has those, so they mean only itself.
      if (scope === 'host' && own > 0) continue;
      const known = nearest.get(address);
      if (!known || own < known.distance) nearest.set(address, { id, distance: own });
      else if (own === known.distance && known.id !== id) known.id = undefined;
    }
  }
  const names = new Map<string, string>();
  const own = `${hostOf(namespace)}/`;
  for (const [address, { id }] of nearest) {
    if (id !== undefined) names.set(address, id.startsWith(own) ? id.slice(own.length) : id);
  }
  return names;
}

/** `10.10.0.2:80`, `[fd00::2]:80` */
export function endpointText({ address, port }: Endpoint): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Who asks, and whom it believes to ask. */
export const endsOf = ({ original }: Flow): { from: Endpoint; to: Endpoint } => ({
  from: endpoint(original.source, original.sourcePort),
  to: endpoint(original.destination, original.destinationPort),
});

const endpoint = (address: string, port: number | undefined): Endpoint =>
  port === undefined ? { address } : { address, port };

/** What the kernel makes of its addresses, one line for each change. */
export function translationTexts({ translation }: Flow, names: AddressNames): string[] {
  const { source, destination } = translation ?? {};
  const named = (end: Endpoint) => {
    const name = names.get(end.address);
    return name === undefined ? endpointText(end) : `${endpointText(end)} (${name})`;
  };
  return [
    ...(destination ? [`to ${endpointText(destination.from)} is ${named(destination.to)}`] : []),
    ...(source ? [`leaves as ${named(source.to)}`] : []),
  ];
}

const tcpWords: Readonly<Record<string, string>> = {
  NONE: 'new',
  SYN_SENT: 'asks to connect',
  SYN_SENT2: 'both ask to connect',
  SYN_RECV: 'is being connected',
  ESTABLISHED: 'connected',
  FIN_WAIT: 'the sender has closed',
  CLOSE_WAIT: 'the other side has closed',
  LAST_ACK: 'closing',
  TIME_WAIT: 'closed',
  CLOSE: 'reset',
};

/** How it is with the connection, in words. */
export function flowState({ tcpState, status }: Flow): string {
  const isAnswered = status.includes('SEEN_REPLY');
  if (tcpState !== undefined) {
    const words = tcpWords[tcpState] ?? tcpState;
    return isAnswered || tcpState === 'CLOSE' ? words : `${words}, no answer`;
  }
  if (!isAnswered) return 'no answer';
  return status.includes('ASSURED') ? 'both ways' : 'answered';
}

/** Seconds as `58 s`, `4 min`, `5 days`. */
export function spanText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 120 * 60) return `${Math.round(whole / 60)} min`;
  if (whole < 48 * 3600) return `${Math.round(whole / 3600)} h`;
  return `${Math.round(whole / 86400)} days`;
}

/** What is searched when somebody filters. */
export function flowText(flow: Flow, names: AddressNames): string {
  const { from, to } = endsOf(flow);
  const named = [from, to].flatMap(({ address }) => names.get(address) ?? []);
  return [
    flow.protocol,
    endpointText(from),
    endpointText(to),
    ...named,
    ...translationTexts(flow, names),
    flowState(flow),
    flow.tcpState ?? '',
    ...flow.status,
  ]
    .join(' ')
    .toLowerCase();
}
