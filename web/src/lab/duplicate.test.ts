import { applyEdits } from '@cnilab/shared/lab/edits';
import { parseLab } from '@cnilab/shared/lab/parse';
import { expect, test } from 'vitest';
import { buildDuplicate } from './duplicate.ts';

const text = `cnilab: 1
name: lab
segments:
  - name: lan
hosts:
  - name: node1
    interfaces:
      - {name: eth0, segment: lan, addresses: [192.0.2.11/24]}
    networks:
      - cniVersion: 1.0.0
        name: mynet
        plugins:
          - {type: bridge, bridge: mynet0, isGateway: true, ipam: {type: host-local, subnet: 10.10.0.0/16}}
          - {type: portmap, capabilities: {portMappings: true}}
    pods:
      - name: web
        attachments:
          - network: mynet
            capabilities: {portMappings: [{hostPort: 8080, containerPort: 80, protocol: tcp}]}
`;
const { lab } = parseLab(text);
if (!lab) throw new Error('the text is no lab');

test.each([
  [['pod:node1/web'], 'pod:node1/web2'],
  [['host:node1'], 'host:node2'],
  [['segment:lan'], 'segment:lan2'],
  [['host:node1', 'segment:lan', 'pod:node1/web'], 'host:node2'],
])('a copy of %j has a name of its own and no error', (elements, first) => {
  const built = buildDuplicate(lab, elements);
  expect(built?.element).toBe(first);
  const copied = parseLab(applyEdits(text, built?.edits ?? []));
  expect(copied.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
});

test('a host port may exist only once, so a copied pod has none', () => {
  const built = buildDuplicate(lab, ['pod:node1/web']);
  const copied = parseLab(applyEdits(text, built?.edits ?? [])).lab;
  expect(copied?.hosts?.[0]?.pods?.[1]?.attachments).toEqual([{ network: 'mynet' }]);
});

test('the same pod twice gives two names', () => {
  const built = buildDuplicate(lab, ['pod:node1/web', 'pod:node1/web']);
  const copied = parseLab(applyEdits(text, built?.edits ?? [])).lab;
  expect(copied?.hosts?.[0]?.pods?.map(({ name }) => name)).toEqual(['web', 'web2', 'web3']);
});

test('what cannot be copied is left alone', () => {
  expect(buildDuplicate(lab, ['network:node1/mynet', 'link:node1/x'])).toBeUndefined();
});
