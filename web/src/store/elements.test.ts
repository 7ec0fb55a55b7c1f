import { parseLab } from '@cnilab/shared/lab/parse';
import { pathOfElement } from '@cnilab/shared/lab/elementId';
import { expect, test } from 'vitest';
import { allElements, elementLabel, hostOf, namespaceOf, parseElement } from './elements.ts';

test.each([
  ['segment:lan', { kind: 'segment', name: 'lan' }],
  ['host:node1', { kind: 'host', host: 'node1' }],
  ['interface:node1/eth0', { kind: 'interface', host: 'node1', name: 'eth0' }],
  ['pod:node1/web', { kind: 'pod', host: 'node1', pod: 'web' }],
  ['attachment:node1/web/eth0', { kind: 'attachment', host: 'node1', pod: 'web', name: 'eth0' }],
  ['listen:node1/web/0', { kind: 'listen', host: 'node1', pod: 'web', index: 0 }],
  ['link:node1/web/eth0', { kind: 'link', namespace: 'node1/web', name: 'eth0' }],
  ['link:/lan', { kind: 'link', namespace: '', name: 'lan' }],
])('%s is %j', (id, ref) => {
  expect(parseElement(id)).toEqual(ref);
});

test.each(['', 'pod:node1', 'unknown:x/y', 'attachment:a/b'])('%j is no element', (id) => {
  expect(parseElement(id)).toBeUndefined();
});

test('an element knows its host and its namespace', () => {
  expect(hostOf('link:node1/web/eth0')).toBe('node1');
  expect(namespaceOf('attachment:node1/web/eth0')).toBe('node1/web');
  expect(namespaceOf('network:node1/mynet')).toBe('node1');
  expect(namespaceOf('segment:lan')).toBeUndefined();
  expect(elementLabel('pod:node1/web')).toBe('Pod node1/web');
});

test('every element of a lab is found in its document', () => {
  const { lab } = parseLab(`cnilab: 1
name: lab
segments: [{name: lan}]
hosts:
  - name: a
    interfaces: [{name: eth0, segment: lan}]
    networks: [{cniVersion: 1.0.0, name: n, type: bridge}]
    pods: [{name: p, attachments: [{network: n}, {network: n, interface: x}]}]
`);
  if (!lab) throw new Error('the text is no lab');
  const elements = allElements(lab);
  expect(elements).toHaveLength(7);
  expect(elements.filter((id) => pathOfElement(lab, id) === undefined)).toEqual([]);
});
