import assert from 'node:assert/strict';
import type { Cases } from '../caseRunner.ts';
import { beQuiet, found, pair } from './caseHelpers.ts';
import {
  defined,
  namesOf,
  run,
  runJson,
  sorted,
  without,
  type Json,
  type NameOf,
} from './iproute2.ts';
import type { Qdisc } from './qdisc.ts';
import type { RouteSocket } from './socket.ts';

/** Traffic control as we make and read it, next to what `tc` prints of the same kernel. */
export const cases: Cases = {
  'qdiscs and classes read as `tc -s` tells them'(route) {
    beQuiet();
    const dev = pair(route);
    const other = found(route, 'b').index;
    const tbf = { rate: 125_000, burst: 10_240, latency: 50_000 };
    route.qdiscAdd(dev, { kind: 'tbf', tbf });
    compareQdiscs(route);
    assert.deepEqual(pick(route.qdiscList(dev)[0]?.tbf, tbf), tbf);
    const peak = { peakRate: 2_000_000, minBurst: 1540, limit: 30_000 };
    const fast = { rate: 1_000_000, burst: 20_000, ...peak };
    route.qdiscReplace(dev, { kind: 'tbf', tbf: fast });
    assert.deepEqual(pick(route.qdiscList(dev)[0]?.tbf, fast), fast);
    const huge = { rate: 10_000_000_000, burst: 1_000_000, limit: 3_000_000 };
    route.qdiscReplace(dev, { kind: 'tbf', tbf: huge });
    assert.deepEqual(pick(route.qdiscList(dev)[0]?.tbf, huge), huge);
    route.qdiscDel(dev);
    route.qdiscAdd(dev, { kind: 'pfifo_fast' });
    compareQdiscs(route);
    route.qdiscAdd(other, { kind: 'clsact' });
    const htb = { defaultClass: 0x10, r2q: 20 };
    route.qdiscAdd(other, { kind: 'htb', handle: '1:', htb });
    const top = { rate: 2_500_000, ceil: 5_000_000, prio: 3, quantum: 2000, burst: 15_000 };
    route.classAdd(other, { kind: 'htb', parent: '1:', handle: '1:1', htb: top });
    route.classAdd(other, { kind: 'htb', parent: '1:1', handle: '1:10', htb: { rate: 1_250_000 } });
    route.classChange(other, {
      kind: 'htb',
      parent: '1:1',
      handle: '1:10',
      htb: { rate: 125_000 },
    });
    route.qdiscAdd(other, { kind: 'pfifo', parent: '1:10', handle: '10:', fifo: { limit: 5 } });
    compareQdiscs(route);
    const classes = route.classList(other);
    const [first, second] = ['1:1', '1:10'].map((h) => classes.find(({ handle }) => handle === h));
    assert.deepEqual(pick(first?.htb, { rate: 0, ceil: 0, prio: 0, quantum: 0, burst: 0 }), {
      ...{ rate: 2_500_000, ceil: 5_000_000, quantum: 2000, burst: 15_000 },
      // The kernel gives inner classes none.
      prio: first?.htb?.prio,
    });
    assert.deepEqual(
      [first?.parent, second?.parent, second?.leaf, second?.htb?.rate, second?.stats?.bytes],
      ['root', '1:1', '10:', 125_000, 0],
    );
    assert.match(
      run('tc -s class show dev b'),
      /class htb 1:10 parent 1:1 leaf 10: prio 0 rate 1Mbit ceil 1Mbit burst 1600b cburst 1600b/,
    );
    route.qdiscDel(other, '1:10');
    route.classDel(other, '1:10');
    assert.equal(route.classList(other).length, 1);
    route.qdiscDel(other, 'ffff:fff1');
    route.qdiscDel(other);
    assert.deepEqual(
      route.qdiscList(other).map(({ kind }) => kind),
      ['noqueue'],
    );
  },
};

/** What of `object` has the keys of `like`. */
const pick = (object: object | undefined, like: object): Json =>
  Object.fromEntries(
    Object.entries(object ?? {}).filter(([key]) => Object.keys(like).includes(key)),
  );

function compareQdiscs(route: RouteSocket): void {
  const names = namesOf(route);
  const ours = route.qdiscList().map((qdisc) => qdiscJson(qdisc, names));
  const theirs = runJson('tc -j -s qdisc').map((item) => without(item, 'refcnt'));
  assert.deepEqual(sorted(ours), sorted(theirs));
}

function qdiscJson({ stats, ...qdisc }: Qdisc, names: NameOf): Json {
  return defined({
    kind: qdisc.kind,
    handle: qdisc.handle,
    dev: names(qdisc.index),
    ...(qdisc.parent === 'root' ? { root: true } : { parent: qdisc.parent }),
    options: qdiscOptions(qdisc),
    ...stats,
  });
}

function qdiscOptions({ tbf, htb, pfifoFast, fifo }: Qdisc): Json {
  if (tbf) return { rate: tbf.rate, burst: tbf.burst, lat: tbf.latency };
  if (pfifoFast) {
    return { bands: pfifoFast.bands, priomap: pfifoFast.priorityMap, multiqueue: false };
  }
  if (fifo) return { limit: fifo.limit };
  if (!htb) return {};
  return {
    r2q: htb.r2q,
    default: `0x${htb.defaultClass.toString(16)}`,
    direct_packets_stat: htb.directPackets,
    direct_qlen: htb.directQueueLength,
  };
}
