import { useSyncExternalStore } from 'react';

/** Where the page is: its address is `/` or `/labs/NAME`. */
export type Place = { screen: 'home' } | { screen: 'lab'; name: string };

export function placeOf(path: string): Place {
  const name = /^\/labs\/([^/]+)\/?$/.exec(path)?.[1];
  return name === undefined ? { screen: 'home' } : { screen: 'lab', name: decodeName(name) };
}

export const labPath = (name: string): string => `/labs/${encodeURIComponent(name)}`;

const listeners = new Set<() => void>();

/** Goes to an address of the page; `replace` leaves no step back to the one before. */
export function navigate(path: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  for (const listener of listeners) listener();
}

export function usePlace(): Place {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  return placeOf(path);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
