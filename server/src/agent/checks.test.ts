import { checkSchema, type Check } from '@cnilab/shared/lab/schema';
import { describe, expect, test } from 'vitest';
import { durationMs, runCheck, type CheckContext } from './checks.ts';
import type { OperationRunner } from './probes/operation.ts';
import type { Space } from './space.ts';

const node1: Space = {
  id: 'node1',
  kind: 'host',
  host: 'node1',
  net: -1,
  mnt: -1,
  uts: -1,
  nsid: -1,
  environment: {},
};

/** A lab whose hosts come up at a time, on a clock that goes on only when somebody sleeps. */
function lab(options: { upAt?: number; operation?: OperationRunner } = {}): CheckContext {
  let time = 0;
  const { upAt = 0, operation = () => Promise.resolve({}) } = options;
  return {
    space: (id) => (id === 'node1' && time >= upAt ? node1 : undefined),
    resolve: () => undefined,
    reactor: {
      watch: () => () => {},
      wait: () => Promise.resolve(false),
      close: () => {},
    },
    operation,
    clock: {
      now: () => time,
      sleep: (ms) => {
        time += ms;
        return Promise.resolve();
      },
    },
  };
}

const gc: Check = { name: 'gc works', from: 'node1', operation: { op: 'gc', network: 'mynet' } };

describe('runCheck', () => {
  test('tells name, time, attempts and what was seen of a check that holds', async () => {
    const operation = () => Promise.resolve({});
    expect(await runCheck(gc, lab({ operation }))).toEqual({
      name: 'gc works',
      ok: true,
      ms: 0,
      attempts: 1,
      got: { ok: true },
    });
  });

  test('tries again until it holds', async () => {
    let calls = 0;
    const operation = () =>
      Promise.resolve(++calls < 3 ? { error: { code: 11, msg: 'not yet' } } : {});
    const result = await runCheck(gc, lab({ operation }));
    expect(result).toMatchObject({ ok: true, attempts: 3, ms: 150 });
    expect(result.message).toBeUndefined();
  });

  test('says what was expected and what was seen when the time has passed', async () => {
    const error = { code: 100, msg: 'no such range', details: 'in mynet', plugin: 'host-local' };
    const operation = () => Promise.resolve({ error });
    const result = await runCheck({ ...gc, within: '1s' }, lab({ operation }));
    expect(result.ok).toBe(false);
    expect(result.ms).toBeLessThanOrEqual(1000);
    expect(result.got).toEqual({ ok: false, error });
    expect(result.message).toBe(
      'expected GC of network mynet to go well, but it failed with code 100: no such range',
    );
  });

  test('takes an expected error for what it is', async () => {
    const operation = () => Promise.resolve({ error: { code: 100, msg: 'no such range' } });
    const check = (expected: object) => checkSchema.parse({ ...gc, expect: expected });
    const ok = async (expected: object) => (await runCheck(check(expected), lab({ operation }))).ok;
    expect(await ok({ code: 100, msg: 'such' })).toBe(true);
    expect(await ok({ code: 7 })).toBe(false);
    expect(await ok({ msg: 'other' })).toBe(false);
  });

  test('takes no operation that was ended because of its time for one that failed', async () => {
    const error = { code: 0, msg: 'signal: killed', details: 'it did not end within 5 s' };
    const operation = () => Promise.resolve({ error, timedOut: true });
    const check = checkSchema.parse({ ...gc, expect: { code: 0 }, within: '1s' });
    expect(await runCheck(check, lab({ operation }))).toMatchObject({
      ok: false,
      got: { error },
      message: 'expected GC of network mynet to fail with code 0, but it did not end within 5 s',
    });
  });

  test('speaks of no code where the runtime has none', async () => {
    const error = { code: 0, msg: 'no plugin name provided' };
    const operation = () => Promise.resolve({ error });
    expect((await runCheck({ ...gc, within: '1s' }, lab({ operation }))).message).toBe(
      'expected GC of network mynet to go well, but it failed: no plugin name provided',
    );
  });

  test('waits for the place that it is made from', async () => {
    const operation = () => Promise.resolve({});
    const result = await runCheck(gc, lab({ operation, upAt: 300 }));
    expect(result).toMatchObject({ ok: true, attempts: 4 });
  });

  test('does not take the absence of a place for the absence of what is in it', async () => {
    const absent: Check = { name: 'a', from: 'node2', interface: 'eth0', expect: 'absent' };
    expect(await runCheck(absent, lab())).toMatchObject({
      ok: false,
      message: 'node2, which the check is made from, is not there',
    });
    const none: Check = {
      name: 'b',
      from: 'node2',
      rules: { table: 'nat', chain: 'X' },
      expect: { count: 0 },
    };
    expect((await runCheck(none, lab())).ok).toBe(false);
  });

  test('does not take a pod that is not there for one that is out of reach', async () => {
    const ping: Check = { name: 'a', from: 'node1', ping: 'node1/web', expect: 'unreachable' };
    expect(await runCheck(ping, lab())).toMatchObject({
      ok: false,
      message: 'node1/web has no address: it is not there, or its first attachment has none',
    });
  });

  test('goes on when a probe throws', async () => {
    let calls = 0;
    const operation = () =>
      ++calls < 2 ? Promise.reject(new Error('the runtime is busy')) : Promise.resolve({});
    expect(await runCheck(gc, lab({ operation }))).toMatchObject({ ok: true, attempts: 2 });
  });

  test.each([
    [{ tcp: '192.0.2.1' }, 'no address with a port'],
    [{ udp: '2001:db8::1:80' }, 'no address with a port'],
    [{ http: 'https://192.0.2.1/' }, 'speaks http:// only'],
    [{ http: '192.0.2.1' }, 'is no URL'],
    [{ exec: ['true'], expect: { stdout: '/(/' } }, 'no regular expression'],
  ])('does not repeat a check that is wrong in itself: %j', async (probe, message) => {
    const result = await runCheck(checkSchema.parse({ name: 'a', from: 'node1', ...probe }), lab());
    expect(result).toMatchObject({ ok: false, attempts: 0, message: expect.any(String) });
    expect(result.message).toContain(message);
  });
});

test.each([
  ['500ms', 500],
  ['5s', 5000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
])('%s is %d milliseconds', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
