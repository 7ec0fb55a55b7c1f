import { expect, test } from 'vitest';
import { filesScript } from './filesScript.ts';

test('the script makes the folders, then writes each file with nothing left for the shell to read', () => {
  const script = filesScript([
    { path: 'node1/etc/a.conflist', text: `{"x": "it's $HOME \`id\` %s"}\n` },
    { path: 'README', text: 'no line end' },
  ]);
  expect(script).toBe(
    [
      '#!/bin/sh',
      'set -e',
      "mkdir -p 'node1/etc'",
      `printf %s '{"x": "it'\\''s $HOME \`id\` %s"}\n' > 'node1/etc/a.conflist'`,
      "printf %s 'no line end' > 'README'",
      '',
    ].join('\n'),
  );
});
