import { expect, test } from 'vitest';
import { eventSentence, joined } from './announcer.ts';
import { link, portMapLive } from './testLabs.ts';

const numbered = { seq: 2, time: 0 };

test('says that an interface came up or went down, where it is, and only when that changed', () => {
  const before = portMapLive();
  const eth0 = link(2, 'eth0', 'veth', { link: 3, linkNamespace: '', up: false, state: 'DOWN' });
  const change = { event: 'link.change' as const, namespace: 'node1', ...numbered };
  expect(eventSentence({ ...change, link: eth0 }, before)).toBe('eth0 went down in node1');
  const same = link(2, 'eth0', 'veth', { link: 3, linkNamespace: '', mtu: 1400 });
  expect(eventSentence({ ...change, link: same }, before)).toBeUndefined();
});

test('names failures with their reason and leaves the segments’ own ports out', () => {
  expect(
    eventSentence(
      {
        event: 'element.state',
        element: 'pod:node1/web',
        state: { state: 'failed', error: 'no room' },
        ...numbered,
      },
      undefined,
    ),
  ).toBe('pod node1/web failed: no room');
  const port = { event: 'link.new' as const, namespace: '', link: link(9, 'p9', 'veth') };
  expect(eventSentence({ ...port, ...numbered }, undefined)).toBeUndefined();
});

test('counts what would be too much to hear', () => {
  expect(joined(['a', 'b'])).toBe('a. b');
  expect(joined(['a', 'b', 'c', 'd', 'e'])).toBe('a. b. c, and 2 more changes');
});
