import { describe, expect, it } from 'vitest';
import { parseJson } from '../cni/json.ts';
import { compileToFiles } from './compileToFiles.ts';
import { importNetworks } from './import.ts';
import { parseLab } from './parse.ts';
import { sameJson, valueAt } from './path.ts';
import { readText } from './document.ts';

const text = `cnilab: 1
name: x
hosts:
  - name: node1
    sysctls: {net.ipv4.ip_forward: 1, net.ipv4.tcp_rmem: 4096 87380 6291456}
    networks:
      - {cniVersion: 1.0.0, name: one, type: own, n: 1.0}
      - cniVersion: 1.0.0
        name: two
        plugins: [{type: a}, {type: portmap, capabilities: {portMappings: true}}]
    pods:
      - name: web
        attachments:
          - network: one
            args: {IgnoreUnknown: "1", IP: 10.0.0.9}
          - network: two
            capabilities: {portMappings: [{hostPort: 8080, containerPort: 80, protocol: tcp}]}
`;

describe('compileLab', () => {
  it('fills in defaults and makes texts of values', () => {
    const host = parseLab(text).compiled?.hosts[0];
    expect(host?.sysctls).toEqual({
      'net.ipv4.ip_forward': '1',
      'net.ipv4.tcp_rmem': '4096 87380 6291456',
    });
    expect(host?.pods[0]?.attachments).toEqual([
      {
        network: 'one',
        interface: 'eth0',
        capabilities: '{}',
        args: [
          ['IgnoreUnknown', '1'],
          ['IP', '10.0.0.9'],
        ],
      },
      {
        network: 'two',
        interface: 'eth1',
        capabilities: '{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}',
        args: [],
      },
    ]);
  });

  it('says for every generated value which value of the document made it', () => {
    const { compiled, sourceMap = [] } = parseLab(text);
    const { root } = readText(text);
    const networks = compiled?.hosts[0]?.networks ?? [];
    const inFiles = sourceMap.filter(({ output }) => output.startsWith('etc/'));
    expect(inFiles).toHaveLength(5 + 10);
    for (const { output, outputPath, path } of inFiles) {
      const file = networks.find((network) => output === `etc/cni/net.d/${network.file}`);
      const made = valueAt(parseJson(file?.text ?? 'null'), outputPath);
      expect(made).toBeDefined();
      expect(sameJson(made, valueAt(root, path))).toBe(true);
    }
    expect(sourceMap.at(-1)).toEqual({
      host: 'node1',
      output: 'capabilities',
      outputPath: ['portMappings', 0, 'protocol'],
      path: [
        'hosts',
        0,
        'pods',
        0,
        'attachments',
        1,
        'capabilities',
        'portMappings',
        0,
        'protocol',
      ],
      element: 'attachment:node1/web/eth1',
    });
  });
});

describe('compileToFiles', () => {
  it('writes each network below its host, and the commands that use them', () => {
    const { compiled } = parseLab(text);
    const files = compiled ? compileToFiles(compiled) : [];
    expect(files.map(({ path }) => path)).toEqual([
      'node1/etc/cni/net.d/one.conf',
      'node1/etc/cni/net.d/two.conflist',
      'README',
    ]);
    const readme = files.at(-1)?.text ?? '';
    expect(readme).toContain(
      `CNI_IFNAME=eth1 CAP_ARGS='{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}' cnitool add two /var/run/netns/web`,
    );
    expect(readme).toContain(`CNI_ARGS='IgnoreUnknown=1;IP=10.0.0.9' cnitool add one`);
  });
});

describe('importNetworks', () => {
  const list =
    '{"cniVersion":"1.0.0","name":"My_Net","10":1.0,"2":1e3,"__proto__":{"x":12345678901234567890},"plugins":[{"type":"own","odd key: x":["- a","#b","",null,"yes","0x1"]}]}';

  it('keeps configuration as it is, through a lab file and back', () => {
    const { text, diagnostics } = importNetworks([{ name: '10-a.conflist', text: list }]);
    expect(diagnostics).toEqual([]);
    const { compiled } = parseLab(text);
    const written = compiled?.hosts[0]?.networks[0]?.text ?? '';
    expect(sameJson(parseJson(written), parseJson(list))).toBe(true);
    expect(written).toContain('"10": 1.0');
    expect(compiled?.hosts[0]?.pods.map(({ name }) => name)).toEqual(['my-net-pod']);
  });

  it('names what it leaves out, and why', () => {
    const { text, diagnostics } = importNetworks([
      { name: 'a.conflist', text: list },
      { name: 'b.conflist', text: list },
      { name: 'c.conf', text: '{"name":' },
      { name: 'd.conf', text: '{"name":"d","type":"own","cniVersion":"1.0.0"}' },
      { name: 'e.conf', text: '{"name":"e"}' },
    ]);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'The file b.conflist is left out: another file already has the network "My_Net".',
      'The file c.conf is left out: expected a JSON value, found the end of the text (line 1).',
      'The file e.conf is left out: it has neither "type" nor "plugins", so it is no CNI configuration.',
    ]);
    expect(parseLab(text).compiled?.hosts[0]?.networks.map(({ file }) => file)).toEqual([
      'My_Net.conflist',
      'd.conf',
    ]);
  });
});
