import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { TestBox } from './box.ts';
import { makeFolder } from './outside.ts';

/**
 * Puts shell plugins where boxes that are started later find them, until the test ends. A script
 * finds its configuration in $stdin and gives its result with `result`; every call is recorded.
 * Gives the folder that they are in.
 */
export function usePlugins(scripts: Record<string, string>): string {
  const folder = makeFolder();
  for (const [name, script] of Object.entries(scripts)) {
    const path = join(folder, name);
    writeFileSync(path, `${prelude}\n${script}\n`);
    chmodSync(path, 0o755);
  }
  const before = process.env.CNI_PATH;
  process.env.CNI_PATH = folder;
  onTestFinished(() => {
    if (before === undefined) delete process.env.CNI_PATH;
    else process.env.CNI_PATH = before;
  });
  return folder;
}

const prelude = `#!/bin/sh
stdin=$(cat)
call="$CNI_COMMAND $CNI_CONTAINERID $CNI_IFNAME"
echo "start $call" >> /var/log/calls
trap 'echo "end $call" >> /var/log/calls' EXIT
result() {
  [ "$CNI_COMMAND" != ADD ] ||
    echo '{"cniVersion": "1.0.0", "interfaces": [{"name": "'"$CNI_IFNAME"'"}]'"$1"'}'
}`;

/** The recorded calls on a host so far: `start ADD web eth0`, `end ADD web eth0`. */
export async function calls(box: TestBox, host: string): Promise<string[]> {
  return (await box.sh(host, 'cat /var/log/calls 2> /dev/null || :')).split('\n').filter(Boolean);
}
