import { useEffect, useRef } from 'react';

/**
 * Runs an action now and then again, one at a time, while the component is shown and the page is
 * visible. `key` tells what it is about: another one starts anew.
 */
export function useInterval(
  action: () => Promise<void>,
  ms: number,
  key: string | undefined,
): void {
  const latest = useRef(action);
  useEffect(() => {
    latest.current = action;
  });
  useEffect(() => {
    if (key === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const run = async () => {
      if (!document.hidden) await latest.current();
      if (!stopped) timer = setTimeout(() => void run(), ms);
    };
    void run();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [ms, key]);
}
