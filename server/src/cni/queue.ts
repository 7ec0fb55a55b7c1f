/** Runs actions in the order in which they were asked for, where they must not overlap. */
export interface Queue {
  /** After all earlier actions with this key, beside those with other keys. */
  inTurn<T>(key: string, action: () => Promise<T>): Promise<T>;
  /** With no other action beside it. */
  alone<T>(action: () => Promise<T>): Promise<T>;
}

export function createQueue(): Queue {
  /** The end of the last action of each key; never rejected. */
  const last = new Map<string, Promise<void>>();
  let lastAlone = Promise.resolve();

  const after = <T>(earlier: Promise<void>[], action: () => Promise<T>) => {
    const running = Promise.all(earlier).then(action);
    const end = running.then(
      () => undefined,
      () => undefined,
    );
    return { running, end };
  };

  return {
    inTurn(key, action) {
      const { running, end } = after([last.get(key) ?? lastAlone, lastAlone], action);
      last.set(key, end);
      void end.then(() => last.get(key) === end && last.delete(key));
      return running;
    },
    alone(action) {
      const { running, end } = after([...last.values(), lastAlone], action);
      lastAlone = end;
      return running;
    },
  };
}
