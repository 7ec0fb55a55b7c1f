import type { Qdisc } from '@cnilab/shared/live/namespace';
import { bitRate } from './rateText.ts';

const seconds = (microseconds: number): string =>
  microseconds >= 1000 ? `${microseconds / 1000} ms` : `${microseconds} µs`;
const percent = (chance: number): string => `${Math.round(chance * 10_000) / 100} %`;
const bytes = (count: number): string => `${count} bytes`;

/** The options that people set, in the order in which they are told. Of others nothing is said. */
const known: [name: string, text: (value: number) => string][] = [
  ['rate', (value) => bitRate(8 * value)],
  ['peakRate', (value) => bitRate(8 * value)],
  ['burst', bytes],
  ['delay', seconds],
  ['jitter', seconds],
  ['latency', seconds],
  ['loss', percent],
  ['duplicate', percent],
];

/** `rate 1 Mbit/s, burst 10240 bytes, latency 50 ms` */
export function queueText({ settings = {} }: Pick<Qdisc, 'settings'>): string {
  const told = known.flatMap(([name, text]) => {
    const value = settings[name];
    const word = name === 'peakRate' ? 'peak rate' : name;
    return typeof value === 'number' ? [`${word} ${text(value)}`] : [];
  });
  return told.join(', ');
}
