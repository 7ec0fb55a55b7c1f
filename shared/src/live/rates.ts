import { z } from 'zod';

/** Counters of one interface since it was made. */
export const linkCountsSchema = z.object({
  index: z.number().int(),
  rxBytes: z.number(),
  rxPackets: z.number(),
  rxDropped: z.number(),
  txBytes: z.number(),
  txPackets: z.number(),
  txDropped: z.number(),
});
export type LinkCounts = z.infer<typeof linkCountsSchema>;

/** What goes through an interface in a second. */
export const linkRateSchema = z.object({
  rxBits: z.number(),
  rxPackets: z.number(),
  txBits: z.number(),
  txPackets: z.number(),
});
export type LinkRate = z.infer<typeof linkRateSchema>;

/** The counters of all interfaces of a namespace, always told as a whole. */
export const ratesSeenSchema = z.object({
  at: z.literal('rates'),
  /** The rate is absent at the first reading of an interface. */
  links: z.array(linkCountsSchema.extend({ rate: linkRateSchema.optional() })).max(10_000),
});
export type RatesSeen = z.infer<typeof ratesSeenSchema>;

/** Traffic a second between two readings that many seconds apart. */
export function ratesBetween(
  before: readonly LinkCounts[] | undefined,
  now: readonly LinkCounts[],
  seconds: number,
): RatesSeen {
  const known = new Map(before?.map((link) => [link.index, link]));
  return {
    at: 'rates',
    links: now.map((link) => {
      const was = known.get(link.index);
      if (!was || seconds <= 0) return link;
      // An interface that was made anew with the same index starts counting at nought.
      const grown = (key: 'rxBytes' | 'rxPackets' | 'txBytes' | 'txPackets') =>
        Math.max(0, link[key] - was[key]) / seconds;
      const rate = {
        rxBits: grown('rxBytes') * 8,
        rxPackets: grown('rxPackets'),
        txBits: grown('txBytes') * 8,
        txPackets: grown('txPackets'),
      };
      return { ...link, rate };
    }),
  };
}
