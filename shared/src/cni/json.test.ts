import { describe, expect, it } from 'vitest';
import { JsonError, JsonNumber, fromPlain, parseJson, stringifyJson, toPlain } from './json.ts';

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

// What plugins get, and what is no JSON: test/conformance/json.test.ts.

describe('what is no JSON', () => {
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
