import { describe, expect, it } from 'vitest';
import {
  type GoType,
  goAny,
  goBool,
  goCustom,
  goDecode,
  goFromText,
  goInt,
  goMap,
  goObject,
  goPair,
  goPointer,
  goSlice,
  goString,
  goStruct,
  goUint,
} from './goDecode.ts';
import { libraryError } from './errors.ts';
import { canonicalJson, parseJson } from './json.ts';

const read = <T>(type: GoType<T>, text: string): T => goDecode(type, parseJson(text));

const even = goCustom('lab.Even', 'none', goStruct('lab.even', { n: goInt }), ({ n }) => {
  if (n % 2 === 1) throw libraryError(`odd: ${n}`);
  return `even ${n}`;
});
const upper = goFromText('lab.Upper', '', (text) => {
  if (text !== text.toUpperCase()) throw libraryError(`not upper: ${text}`);
  return text;
});
const inner = goStruct('lab.Inner', { a: goString, b: goString });
const outer = goStruct('lab.Outer', {
  text: goString,
  yes: goBool,
  inner,
  optional: goPointer(inner),
  list: goSlice(goPointer(inner)),
  plain: goSlice(inner),
  flags: goMap(goBool),
  free: goObject,
  even,
  evens: goSlice(goPointer(even)),
  upper,
});

describe('reading typed values', () => {
  it('J6: takes keys in any letter case; the last in the text wins', () => {
    expect(read(inner, '{"A":"1","a":"2","B":"3"}')).toEqual({ a: '2', b: '3' });
    expect(read(inner, '{"a":"1","A":"2","ignored":{}}')).toEqual({ a: '2', b: '' });
    expect(read(goStruct('x', { sk: goString }), '{"\u017f\u212a":"1"}')).toEqual({ sk: '1' });
  });

  it('J4, J6: merges objects of one key, and looks at each value of a key that stands twice', () => {
    expect(read(outer, '{"inner":{"a":"1"},"inner":{"b":"2"}}').inner).toEqual({ a: '1', b: '2' });
    expect(read(outer, '{"flags":{"x":true},"flags":{"y":true}}').flags).toEqual(
      new Map([
        ['x', true],
        ['y', true],
      ]),
    );
    expect(read(outer, '{"list":[{"a":"1"},{}],"LIST":[{"b":"2"}]}').list).toEqual([
      { a: '1', b: '2' },
    ]);
    expect(() => read(inner, '{"a":1,"a":"fine"}')).toThrow(
      'json: cannot unmarshal number into Go struct field Inner.a of type string',
    );
  });

  it('J7: null empties lists, maps and what is optional, and leaves other values as they are', () => {
    const text = '"text":"t","inner":{"a":"1"},"optional":{},"list":[{}],"flags":{},"free":{}';
    const nulls = '"text":null,"inner":null,"optional":null,"list":null,"flags":null,"free":null';
    expect(read(outer, `{${text},${nulls}}`)).toEqual({
      ...outer.zero,
      text: 't',
      inner: { a: '1', b: '' },
    });
    expect(read(outer, 'null')).toEqual(outer.zero);
    expect(read(outer, '{"plain":[null],"list":[null]}')).toMatchObject({
      plain: [inner.zero],
      list: [null],
    });
  });

  it.each([
    ['[]', 'array into Go value of type lab.Outer'],
    ['{"text":{}}', 'object into Go struct field Outer.text of type string'],
    ['{"yes":"true"}', 'string into Go struct field Outer.yes of type bool'],
    ['{"inner":{"A":true}}', 'bool into Go struct field Inner.inner.a of type string'],
    ['{"list":{}}', 'object into Go struct field Outer.list of type []*lab.Inner'],
    ['{"list":[{},7]}', 'number into Go struct field Outer.list of type lab.Inner'],
    ['{"plain":[{"b":[]}]}', 'array into Go struct field Inner.plain.b of type string'],
    ['{"flags":{"x":1}}', 'number into Go struct field Outer.flags of type bool'],
    ['{"free":"x"}', 'string into Go struct field Outer.free of type map[string]interface {}'],
    ['{"free":{"x":[1e999]}}', 'number 1e999 into Go struct field Outer.free of type float64'],
    ['{"evens":[{"n":"2"}]}', 'string into Go struct field Outer.evens.n of type int'],
    ['{"evens":[2]}', 'number into Go struct field Outer.evens of type lab.even'],
    ['{"upper":true}', 'bool into Go struct field Outer.upper of type lab.Upper'],
  ])('R9: %s cannot be read: %s', (text, reason) => {
    expect(() => read(outer, text)).toThrow(`json: cannot unmarshal ${reason}`);
  });

  it('R9: tells the first misfit, unless a value with a reading of its own fails later', () => {
    expect(() => read(outer, '{"text":1,"yes":2}')).toThrow('Outer.text');
    expect(() => read(outer, '{"text":1,"even":{"n":3}}')).toThrow('odd: 3');
    expect(() => read(outer, '{"text":1,"upper":"x","yes":2}')).toThrow('not upper: x');
    expect(() => read(outer, '{"text":1,"even":{"n":[]}}')).toThrow('Outer.even.n of type int');
  });

  it('reads values that have a reading of their own from null, too', () => {
    expect(read(outer, '{"even":null,"upper":null,"evens":[null,{"n":4}]}')).toMatchObject({
      even: 'even 0',
      upper: '',
      evens: [null, 'even 4'],
    });
  });

  it.each([
    [goInt, '-0', 0],
    [goInt, '-9223372036854775808', -(2 ** 63)],
    [goUint, '18446744073709551615', 2 ** 64],
  ])('reads whole numbers of 64 bits: $name %s', (type, text, value) => {
    expect(read(type, text)).toBe(value);
  });

  it.each([
    [goInt, '9223372036854775808'],
    [goInt, '1.0'],
    [goInt, '1e2'],
    [goUint, '-1'],
    [goUint, '-0'],
    [goUint, '18446744073709551616'],
  ])('reads no other numbers as whole ones: $name %s', (type, text) => {
    expect(() => read(type, text)).toThrow(
      `json: cannot unmarshal number ${text} into Go value of type ${type.name}`,
    );
  });

  it('fills pairs up and drops what is too much', () => {
    const pair = goPair(goString);
    expect(read(goSlice(pair), '[[],["a"],["a","b",3],null]')).toEqual([
      ['', ''],
      ['a', ''],
      ['a', 'b'],
      ['', ''],
    ]);
    expect(() => read(pair, '[1]')).toThrow('number into Go value of type string');
    expect(() => read(goSlice(pair), '{}')).toThrow('object into Go value of type [][2]string');
  });

  it('J5: keeps free-form JSON as it is', () => {
    const text = '{"__proto__":[1,null],"b":{"10":true,"9":1.0}}';
    expect(canonicalJson(read(goAny, text))).toBe('{"__proto__":[1,null],"b":{"10":true,"9":1}}');
    expect(() => read(goAny, '{"a":[-1e999],"a":1}')).toThrow('number -1e999');
  });
});
