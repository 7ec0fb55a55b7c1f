import { describe, expect, it } from 'vitest';
import {
  JsonError,
  JsonNumber,
  canonicalJson,
  fromPlain,
  parseJson,
  stringifyJson,
  toPlain,
} from './json.ts';

const canonical = (text: string) => canonicalJson(parseJson(text));

describe('what a person wrote', () => {
  it('keeps key order, also of integer-like keys and __proto__', () => {
    const text = '{"b":1,"10":2,"9":3,"__proto__":{"a":[]},"a":{}}';
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  it('keeps the text of numbers', () => {
    const text = '[1.0,1e3,12345678901234567890,-0,0.10]';
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  it('is printed with indentation on demand', () => {
    expect(stringifyJson(parseJson('{"a":[1,{}],"b":[]}'), 2)).toBe(
      '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}',
    );
  });

  it('goes to plain values without a prototype and back', () => {
    const plain = toPlain(parseJson('{"__proto__":1,"a":[true,null,"x",2]}'));
    expect(Object.getPrototypeOf(plain)).toBe(null);
    expect(stringifyJson(fromPlain(plain))).toBe('{"__proto__":1,"a":[true,null,"x",2]}');
  });
});

describe('what a plugin gets', () => {
  it('J1: has keys in byte order and no white space', () => {
    expect(canonical('{ "b": 1, "a": 2, "10": 3, "9": 4, "B": 5 }')).toBe(
      '{"10":3,"9":4,"B":5,"a":2,"b":1}',
    );
  });

  it('J1: sorts by UTF-8 bytes, where U+FF5E comes before U+1F600', () => {
    expect(canonical('{"\u{1f600}":1,"\uff5e":2,"a":3,"ab":4}')).toBe(
      '{"a":3,"ab":4,"\uff5e":2,"\u{1f600}":1}',
    );
  });

  it('J2: escapes what HTML and old JavaScript trip over, and nothing else', () => {
    expect(canonicalJson('<a href="x">&\u2028\u2029é\u{1f600}')).toBe(
      '"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029é\u{1f600}"',
    );
    expect(canonical('"\\ud800"')).toBe('"\ufffd"');
  });

  it.each([
    ['12345678901234567890', '12345678901234567000'],
    ['1.0', '1'],
    ['1e21', '1e+21'],
    ['0.0000001', '1e-7'],
    ['-0', '-0'],
    ['-0.0', '-0'],
  ])('J3: turns the number %s into %s', (written, given) => {
    expect(canonical(written)).toBe(given);
  });

  it('J3: cannot hold a number beyond a double', () => {
    expect(() => canonical('[1e400]')).toThrow(JsonError);
  });

  it('J4: has the last of duplicate keys', () => {
    expect(canonical('{"a":1,"b":2,"a":3}')).toBe('{"a":3,"b":2}');
  });
});

describe('what is no JSON', () => {
  it.each([
    '',
    '{} x',
    '\ufeff{}',
    '{/*c*/}',
    '[1,]',
    '{"a":1,}',
    "{'a':1}",
    '01',
    '+1',
    '.5',
    '1.',
    'NaN',
    '"\u0001"',
    '"\\x"',
    '"\\u12g4"',
    '"open',
    '"\\',
    '{"a"',
    '{"a":',
    '[',
    'tru',
    '-',
  ])('J8: %j is refused', (text) => {
    expect(() => parseJson(text)).toThrow(JsonError);
  });

  it('is refused with the place where it stops', () => {
    try {
      parseJson('{"a": 1, b}');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ name: 'JsonError', offset: 9 });
    }
  });

  it('is refused when nested too deep, not with a stack overflow', () => {
    expect(() => parseJson('['.repeat(100_000))).toThrow(JsonError);
  });
});

it('reads strings of many megabytes', () => {
  const plain = 'x'.repeat(20_000_000);
  expect(parseJson(`"${plain}"`)).toBe(plain);
  expect(parseJson(`"${'\\n'.repeat(5_000_000)}"`)).toBe('\n'.repeat(5_000_000));
});

it('has numbers with their value', () => {
  expect(new JsonNumber('1e3').valueOf()).toBe(1000);
});
