import type { LinkRate } from '@cnilab/shared/live/rates';
import { shortCount } from './firewall.ts';

/** 1234 as `1.2 kbit/s`. */
export function bitRate(bits: number): string {
  if (bits < 1000) return `${Math.round(bits)} bit/s`;
  const units = ['kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];
  let [value, at] = [bits / 1000, 0];
  while (value >= 1000 && at < units.length - 1) [value, at] = [value / 1000, at + 1];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at] ?? ''}`;
}

/** `12 packets/s, 1.2 kbit/s` */
export function rateText(rate: LinkRate, direction: 'rx' | 'tx'): string {
  const packets = Math.round(rate[`${direction}Packets`]);
  return `${shortCount(packets)} packets/s, ${bitRate(rate[`${direction}Bits`])}`;
}
