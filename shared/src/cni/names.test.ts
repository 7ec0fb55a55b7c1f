import { describe, expect, it } from 'vitest';
import {
  containerIdProblem,
  interfaceNameProblem,
  networkNameProblem,
  utf8Length,
} from './names.ts';

describe('container id', () => {
  it.each(['a', 'Z9_.-', '0', 'x'.repeat(500)])('V1: %s is fine', (id) => {
    expect(containerIdProblem(id)).toBeUndefined();
  });
  it.each(['_a', '-a', '.a', 'a/b', 'a b', 'é', 'a\n'])('V1: %j has invalid characters', (id) => {
    expect(containerIdProblem(id)).toEqual({
      code: 4,
      msg: 'invalid characters in containerID',
      details: id,
    });
  });
  it('V1: must not be empty', () => {
    expect(containerIdProblem('')).toEqual({ code: 3, msg: 'missing containerID' });
  });
});

describe('network name', () => {
  it('V2: has the same alphabet and code 7', () => {
    expect(networkNameProblem('my.net-1_x')).toBeUndefined();
    expect(networkNameProblem('')).toEqual({ code: 7, msg: 'missing network name:' });
    expect(networkNameProblem('../x')).toEqual({
      code: 7,
      msg: 'invalid characters found in network name',
      details: '../x',
    });
  });
});

describe('interface name', () => {
  it.each(['eth0', 'a%b', 'a\0b', 'a\u200bb', '...', 'x'.repeat(15), 'ééééééé1', '\ufeff'])(
    'V3: %j passes',
    (name) => expect(interfaceNameProblem(name)).toBeUndefined(),
  );
  it.each([
    ['', 'interface name is empty'],
    ['x'.repeat(16), 'interface name is too long'],
    ['éééééééé', 'interface name is too long'],
    ['.', 'interface name is . or ..'],
    ['..', 'interface name is . or ..'],
    ['a/b', 'interface name contains / or : or whitespace characters'],
    ['a:b', 'interface name contains / or : or whitespace characters'],
    ['a b', 'interface name contains / or : or whitespace characters'],
    ['a\u0085', 'interface name contains / or : or whitespace characters'],
    ['a\u00a0', 'interface name contains / or : or whitespace characters'],
    ['a\u3000', 'interface name contains / or : or whitespace characters'],
  ])('V3: %j is refused: %s', (name, msg) => {
    expect(interfaceNameProblem(name)).toMatchObject({ code: 4, msg });
  });
});

it('counts bytes of UTF-8', () => {
  expect(['a', 'é', '€', '\u{1f600}', 'aé€\u{1f600}'].map(utf8Length)).toEqual([1, 2, 3, 4, 10]);
});
