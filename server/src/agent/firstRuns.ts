/**
 * Plugins whose first ADD makes what later ones share: the bridge and its gateway address, the base
 * chains of the rules. Two that do so at once fail ("chain already exists"), because each looks
 * first and then makes it.
 */
const makers: ReadonlySet<string> = new Set(['bridge', 'portmap', 'firewall']);

export interface FirstRuns {
  /**
   * Waits until no other first ADD of this plugin runs on the host. The caller calls back when it
   * has ended, and whether it went well; from then on ADDs for that network run side by side.
   */
  enter(host: number, plugin: string, network: string): Promise<(ok: boolean) => void>;
}

export function createFirstRuns(): FirstRuns {
  const proven = new Set<string>();
  const running = new Map<string, Promise<void>>();
  return {
    async enter(host, plugin, network) {
      const place = `${host} ${plugin}`;
      const key = `${place} ${network}`;
      for (;;) {
        if (!makers.has(plugin) || proven.has(key)) return () => {};
        const other = running.get(place);
        if (!other) break;
        await other;
      }
      let resolve = () => {};
      running.set(place, new Promise((done) => (resolve = done)));
      return (ok) => {
        if (ok) proven.add(key);
        running.delete(place);
        resolve();
      };
    },
  };
}
