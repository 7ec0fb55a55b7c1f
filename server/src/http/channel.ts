/** How much may wait for a client before it counts as slow, in UTF-16 units of JSON text. */
export const slowAfter = 1024 * 1024;
const checkMs = 20;

/** What the connection of a client can take. */
export interface Channel {
  /** Notes that something of this size was sent. */
  sent(size: number): void;
  /** True while more than `slowAfter` waits for the client. */
  isSlow(): boolean;
  /** What was sent since the client last had everything; at most this waits. */
  waiting(): number;
  /** Calls back once, when the client has everything; the same callback is kept only once. */
  whenFree(callback: () => void): void;
  close(): void;
}

/**
 * @param isWritable whether all that was sent has been handed to the network. Asked for and not
 *   announced, because the transport below changes when a connection is upgraded.
 */
export function createChannel(isWritable: () => boolean): Channel {
  const callbacks = new Set<() => void>();
  let unsent = 0;
  let timer: NodeJS.Timeout | undefined;
  const update = () => {
    if (isWritable()) unsent = 0;
  };
  const check = () => {
    update();
    if (unsent > 0) return;
    clearInterval(timer);
    timer = undefined;
    const ready = [...callbacks];
    callbacks.clear();
    for (const callback of ready) callback();
  };
  return {
    sent: (size) => {
      update();
      unsent += size;
    },
    isSlow: () => {
      update();
      return unsent > slowAfter;
    },
    waiting: () => {
      update();
      return unsent;
    },
    whenFree: (callback) => {
      callbacks.add(callback);
      timer ??= setInterval(check, checkMs).unref();
    },
    close: () => {
      clearInterval(timer);
      timer = undefined;
      callbacks.clear();
    },
  };
}
