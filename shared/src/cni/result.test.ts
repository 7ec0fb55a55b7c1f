import { describe, expect, it } from 'vitest';
import { parseResult } from './decodeResult.ts';
import { attachmentView } from './result.ts';

// Reading, converting and printing results: test/conformance.

const middle =
  '{"cniVersion":"0.4.0","interfaces":[{"name":"eth0","mac":"aa:bb","sandbox":"/n"}],' +
  '"ips":[{"version":"4","interface":0,"address":"10.0.0.2/24","gateway":"10.0.0.1"}],' +
  '"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}],"dns":{"nameservers":["10.0.0.1"]}}';
const old =
  '{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/24","gateway":"10.0.0.1",' +
  '"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}]},"ip6":{"ip":"fd00::2/64"},"dns":{}}';

describe('the view of an attachment', () => {
  it('is the same for all versions', () => {
    expect(attachmentView(parseResult(middle, ''))).toEqual({
      interfaces: [{ name: 'eth0', mac: 'aa:bb', sandbox: '/n' }],
      ips: [{ address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 0 }],
      routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }],
      dns: { nameservers: ['10.0.0.1'] },
    });
    expect(attachmentView(parseResult(old, ''))).toEqual({
      interfaces: [],
      ips: [{ address: '10.0.0.2/24', gateway: '10.0.0.1' }, { address: 'fd00::2/64' }],
      routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }],
      dns: {},
    });
  });

  it('keeps the indexes of interfaces and leaves out what has no address', () => {
    const view = attachmentView(
      parseResult(
        '{"interfaces":[null,{"name":"b"}],"ips":[null,{},{"interface":1,"address":"10.0.0.1/8"}],' +
          '"routes":[null,{}]}',
        '1.0.0',
      ),
    );
    expect(view.interfaces[view.ips[0]?.interface ?? 0]?.name).toBe('b');
    expect(view.ips).toHaveLength(1);
    expect(view.routes).toEqual([]);
  });
});
