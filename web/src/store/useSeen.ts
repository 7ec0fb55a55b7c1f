import { lookKey, type LookAt, type Seen } from '@cnilab/shared/live/look';
import type { RatesSeen } from '@cnilab/shared/live/rates';
import { useEffect, useSyncExternalStore } from 'react';
import { useLab } from './labContext.tsx';

/** Looks at something of some namespaces while this is on the screen. */
export function useLook(at: LookAt, namespaces: readonly string[]): void {
  const lookAt = useLab((s) => s.lookAt);
  const isVisible = useSyncExternalStore(onVisibility, () => !document.hidden);
  const key = JSON.stringify(namespaces);
  useEffect(() => {
    if (!isVisible) return undefined;
    const all = namespacesOf(key);
    const undos = [...new Set(all)].map((namespace) => lookAt({ namespace, at }));
    return () => undos.forEach((undo) => undo());
  }, [lookAt, at, key, isVisible]);
}

/** As `useLook`, with what is seen. */
export function useSeen(at: LookAt, namespace: string): Seen | undefined {
  useLook(at, [namespace]);
  return useLab((s) => s.seen[lookKey({ namespace, at })]);
}

/** The counters of an interface; undefined as long as they are not known. */
export function linkCounters(
  seen: Readonly<Record<string, Seen>>,
  namespace: string,
  index: number,
): RatesSeen['links'][number] | undefined {
  const rates = seen[lookKey({ namespace, at: 'rates' })];
  return rates?.at === 'rates' ? rates.links.find((link) => link.index === index) : undefined;
}

const namespacesOf = (key: string): string[] => {
  const parsed: unknown = JSON.parse(key);
  return Array.isArray(parsed) ? parsed.filter((item) => typeof item === 'string') : [];
};

function onVisibility(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}
