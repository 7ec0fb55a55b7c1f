import { expect, test } from 'vitest';
import { messageOf } from './failure.ts';

test('a full disk is told with its remedy', () => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
  });
  expect(messageOf(error)).toMatch(/disk .* is full .*ENOSPC.* Delete files .* or reset the lab\./);
});
