import { applyEdits } from '@cnilab/shared/lab/edits';
import { parseLab } from '@cnilab/shared/lab/parse';
import { describe, expect, test } from 'vitest';
import { paletteIds } from '../palette/paletteItems.ts';
import { buildConnection, buildItem } from './buildItem.ts';

const empty = 'cnilab: 1\nname: lab\n';
const text = `cnilab: 1
name: lab
segments:
  - name: lan
hosts:
  - name: node1
    interfaces:
      - {name: eth0, segment: lan, addresses: [192.0.2.11/24]}
      - {name: br1, type: bridge}
    networks:
      - cniVersion: 1.0.0
        name: mynet
        plugins:
          - {type: bridge, bridge: mynet0, isGateway: true, ipam: {type: host-local, subnet: 10.10.0.0/16}}
    pods:
      - name: web
        attachments:
          - {network: mynet}
  - name: node2
`;

function after(before: string, built: ReturnType<typeof buildItem>) {
  const result = parseLab(applyEdits(before, built.edits));
  const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
  return { lab: result.lab, errors, element: built.element };
}

describe('what the palette adds', () => {
  test.each(paletteIds.filter((id) => id !== 'portMap' && id !== 'vlan'))(
    '%s fits an empty lab, which gets a host when it needs one',
    (id) => {
      const { lab, errors } = after(empty, buildItem(empty, id, []));
      expect(errors).toEqual([]);
      expect((lab?.hosts ?? []).length + (lab?.segments ?? []).length).toBeGreaterThan(0);
    },
  );

  test.each(paletteIds)('%s goes onto the selected host or pod without an error', (id) => {
    const built = buildItem(text, id, ['pod:node1/web']);
    expect(after(text, built).errors).toEqual([]);
  });

  test('a pod is attached to the first network of its host', () => {
    const { lab, element } = after(text, buildItem(text, 'pod', ['host:node1']));
    expect(element).toBe('pod:node1/pod1');
    expect(lab?.hosts?.[0]?.pods?.[1]?.attachments?.[0]?.network).toBe('mynet');
  });

  test('without a target it goes to the last host', () => {
    expect(buildItem(text, 'pod', []).element).toBe('pod:node2/web');
  });

  test('a segment takes the selected hosts along', () => {
    const { lab } = after(text, buildItem(text, 'segment', ['host:node1', 'host:node2']));
    const plugged = lab?.hosts?.flatMap(
      (host) =>
        host.interfaces?.filter((link) => 'segment' in link && link.segment === 'lan2') ?? [],
    );
    expect(plugged).toHaveLength(2);
    expect(new Set(plugged?.flatMap((link) => link.addresses)).size).toBe(2);
  });

  test('a VLAN goes on top of the interface that has a wire', () => {
    expect(buildItem(text, 'vlan', ['host:node1']).element).toBe('interface:node1/eth0.10');
  });

  test.each([
    ['vlan' as const, ['host:node2'], 'node2 has no interface'],
    ['portMap' as const, [], 'Choose the pod'],
    ['portMap' as const, ['host:node1'], 'Choose the pod'],
  ])('%s on %j is refused with what is missing', (id, targets, message) => {
    expect(() => buildItem(text, id, targets)).toThrow(message);
  });
});

describe('what can be joined', () => {
  test.each([
    ['pod:node1/web', 'network:node1/mynet', 'attachment:node1/web/eth1'],
    ['segment:lan', 'host:node2', 'interface:node2/eth0'],
    ['host:node1', 'host:node2', 'interface:node1/veth0'],
    ['network:node1/mynet', 'interface:node1/br1', 'interface:node1/veth0'],
  ])('%s and %s', (first, second, element) => {
    const result = after(text, buildConnection(text, first, second));
    expect(result.element).toBe(element);
    expect(result.errors).toEqual([]);
  });

  test('two bridges are joined by a cable that is a port of each', () => {
    const { lab } = after(
      text,
      buildConnection(text, 'network:node1/mynet', 'interface:node1/br1'),
    );
    const masters = lab?.hosts?.[0]?.interfaces?.flatMap(({ master }) => master ?? []);
    expect(masters).toEqual(['mynet0', 'br1']);
  });

  test.each([
    ['pod:node1/web', 'segment:lan'],
    ['pod:node1/web', 'host:node2'],
  ])('%s and %s are refused with what can be joined', (first, second) => {
    expect(() => buildConnection(text, first, second)).toThrow('cannot be joined');
  });

  test('a pod and a network of another host are refused with the reason', () => {
    expect(() => buildConnection(text, 'pod:node2/x', 'network:node1/mynet')).toThrow('own host');
  });
});
