import type { LinkStats } from '@cnilab/shared/protocol/agent';

/** Counters of some interfaces at one time (ms). */
export interface Counters {
  at: number;
  links: (LinkStats & { namespace: string })[];
}

/** As text: `1.2 kbit/s`. */
export interface Rates {
  receive: string;
  send: string;
}

/** Traffic between two readings, by `NAMESPACE INDEX`. */
export function ratesBetween(before: Counters, now: Counters): Map<string, Rates> {
  const seconds = (now.at - before.at) / 1000;
  const key = ({ namespace, index }: Counters['links'][number]) => `${namespace} ${index}`;
  const old = new Map(before.links.map((link) => [key(link), link]));
  return new Map(
    now.links.flatMap((link): [string, Rates][] => {
      const was = old.get(key(link));
      if (!was || seconds <= 0) return [];
      // An interface that was made anew starts counting at nought.
      const rate = (to: number, from: number) => bitRate((Math.max(0, to - from) * 8) / seconds);
      const receive = rate(link.rxBytes, was.rxBytes);
      return [[key(link), { receive, send: rate(link.txBytes, was.txBytes) }]];
    }),
  );
}

export function bitRate(bits: number): string {
  if (bits < 1000) return `${Math.round(bits)} bit/s`;
  const units = ['kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];
  let [value, at] = [bits / 1000, 0];
  while (value >= 1000 && at < units.length - 1) [value, at] = [value / 1000, at + 1];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at] ?? ''}`;
}
