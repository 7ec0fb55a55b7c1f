import { lookKey, type Look, type Seen } from '@cnilab/shared/live/look';
import type { Reactor } from '../../netlink/reactor.ts';
import type { Observer } from '../observer.ts';
import { every } from './every.ts';
import { watchFlows } from './flowWatch.ts';
import { watchRates } from './rateWatch.ts';

/** What somebody looks at. It outlives its namespace: what comes by that name is looked at again. */
export interface Looks {
  /** Starts to tell, or ends it; both can be repeated. */
  set(look: Look, isOn: boolean): void;
}

const countAgainMs = 500;

export function createLooks(
  observer: Observer,
  reactor: Reactor,
  tell: (look: Look, seen: Seen) => void,
): Looks {
  const open = new Map<string, { look: Look; close: () => void }>();

  const start = (look: Look): (() => void) => {
    const space = observer.space(look.namespace);
    const seen = (told: Seen) => tell(look, told);
    if (!space) {
      if (look.at === 'flows')
        seen({ at: 'flows', whole: true, time: Date.now(), flows: [], gone: [], more: 0 });
      if (look.at === 'rates') seen({ at: 'rates', links: [] });
      return () => {};
    }
    if (look.at === 'flows') return watchFlows(space, reactor, seen).close;
    if (look.at === 'rates') return watchRates(observer.route(space), seen).close;
    return every(countAgainMs, () => observer.refreshFirewall(space)).close;
  };

  observer.onSpace((id) => {
    for (const entry of open.values()) {
      if (entry.look.namespace !== id) continue;
      entry.close();
      entry.close = start(entry.look);
    }
  });

  return {
    set(look, isOn) {
      const key = lookKey(look);
      const entry = open.get(key);
      if (isOn && !entry) open.set(key, { look, close: start(look) });
      if (isOn || !entry) return;
      open.delete(key);
      entry.close();
    },
  };
}
