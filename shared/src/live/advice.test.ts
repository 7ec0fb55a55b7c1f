import { expect, it } from 'vitest';
import { adviceFor } from './advice.ts';

it.each([
  ['bridge', 'failed to find plugin "x" in path [/opt/cni/bin]', 'Install the plugin'],
  ['portmap', 'could not check ipv6 dnat: chain CNI-DN-1 not found in iptables', 'nothing need be'],
  ['mine', 'could not check ipv6 dnat: chain CNI-DN-1 not found in iptables', undefined],
  [undefined, 'configuration version "0.3.1" does not support the CHECK command', 'raise the'],
  ['bridge', 'something else', undefined],
])('what %s says, «%s», is advised on with %s', (plugin, msg, advice) => {
  const said = adviceFor({ code: 999, msg, ...(plugin === undefined ? {} : { plugin }) });
  if (advice === undefined) expect(said).toBeUndefined();
  else expect(said).toContain(advice);
});
