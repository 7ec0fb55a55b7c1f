/**
 * Reads something now and then so long after it was read, until it is closed. A reading that fails,
 * because what it reads changes all the time, say, is followed by the next one.
 */
export function every(ms: number, action: () => void | Promise<void>): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const run = async () => {
    try {
      await action();
    } catch {
      // See above.
    }
    if (!closed) timer = setTimeout(() => void run(), ms);
  };
  void run();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
