import { describe, expect, it } from 'vitest';
import type { Flow } from '@cnilab/shared/live/flows';
import type { Look, Seen } from '@cnilab/shared/live/look';
import { createLooks } from './looks.ts';

const look: Look = { at: 'flows', namespace: 'node1' };
const tuple = { source: '10.0.0.1', destination: '10.0.0.2' };
const flow = (id: string): Flow => ({
  id,
  family: 4,
  protocol: 'udp',
  original: tuple,
  reply: tuple,
  status: [],
});
const told = (whole: boolean, flows: string[], gone: string[] = []): Seen => ({
  at: 'flows',
  whole,
  time: 1,
  flows: flows.map(flow),
  gone,
  more: 0,
});

function scene(refusal?: string) {
  const asked: string[] = [];
  const looks = createLooks((asking, isOn) => {
    asked.push(`${asking.at} ${asking.namespace} ${isOn ? 'on' : 'off'}`);
    return refusal === undefined ? Promise.resolve({}) : Promise.reject(new Error(refusal));
  });
  return { asked, looks };
}

describe('what is looked at in a run', () => {
  it('is asked of the agent for the first who looks, and ended after the last', () => {
    const { asked, looks } = scene();
    const [first, second] = [looks.add(look, () => undefined), looks.add(look, () => undefined)];
    const other = looks.add({ at: 'rates', namespace: 'node1' }, () => undefined);
    expect(asked).toEqual(['flows node1 on', 'rates node1 on']);
    first.close();
    first.close();
    expect(asked).toHaveLength(2);
    second.close();
    other.close();
    expect(asked.slice(2)).toEqual(['flows node1 off', 'rates node1 off']);
  });

  it('is told to all, and as a whole to who comes later', () => {
    const { looks } = scene();
    const heard: Seen[][] = [[], []];
    const first = looks.add(look, (seen) => heard[0]?.push(seen));
    expect(first.seen()).toBeUndefined();
    looks.receive(look, told(true, ['a', 'b']));
    looks.receive(look, told(false, ['c'], ['a']));
    const second = looks.add(look, (seen) => heard[1]?.push(seen));
    expect(second.seen()).toEqual(told(true, ['b', 'c']));
    looks.receive(look, told(false, [], ['b']));
    expect(heard.map((list) => list.length)).toEqual([3, 1]);
    expect(first.seen()).toEqual(told(true, ['c']));
  });

  it('leaves out what was on its way when somebody looks again', () => {
    const { looks } = scene();
    looks.add(look, () => undefined).close();
    looks.receive(look, told(true, ['old']));
    const heard: Seen[] = [];
    looks.add(look, (seen) => heard.push(seen));
    looks.receive(look, told(false, ['older change']));
    looks.receive(look, told(true, ['new']));
    expect(heard).toEqual([told(true, ['new'])]);
  });

  it('tells why nothing can be seen', async () => {
    const { looks } = scene('The lab was stopped.');
    const heard: Seen[] = [];
    looks.add(look, (seen) => heard.push(seen));
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([{ at: 'nothing', problem: 'The lab was stopped.' }]);
  });
});
