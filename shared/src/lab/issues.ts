import type { z } from 'zod';
import { JsonNumber } from '../cni/json.ts';
import { didYouMean } from './names.ts';
import { checkKinds, interfaceKinds, labSchema } from './schema.ts';

/** One thing that the schema refuses, in words. `path` counts from the value that was checked. */
export interface Issue {
  code: string;
  message: (label: string, key: string) => string;
  path: (string | number)[];
  /** The unknown key at `path`'s end has this known key as its likely meaning. */
  rename?: string;
}

type ZodIssue = z.core.$ZodIssue;
type Variant = { schema: z.ZodType } | { issues: Issue[] };
const get = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined),
    value,
  );
const steps = (path: readonly PropertyKey[]) =>
  path.map((step) => (typeof step === 'number' ? step : String(step)));

/**
 * Every issue of a document against the lab's schema. Interfaces and checks are held against the
 * one variant that they mean, other unions against the member that fits best.
 */
export function labIssues(raw: object): Issue[] {
  const variants = variantPlaces(raw);
  const { error } = labSchema.safeParse(raw);
  const covered = new Set(variants.map((place) => place.join('/')));
  const rest = (error?.issues ?? []).filter(
    ({ path }) => ![2, 4].some((depth) => covered.has(path.slice(0, depth).join('/'))),
  );
  const issues = [
    ...rest.flatMap((issue) => explain(issue, raw, labSchema)),
    ...variants.flatMap((place) => prefixed(variantIssues(place, get(raw, place)), place)),
  ];
  const renamed = new Set(
    issues.flatMap(({ path, rename }) =>
      rename === undefined ? [] : [JSON.stringify([...path.slice(0, -1), rename])],
    ),
  );
  return issues.filter(
    ({ code, path }) => code !== 'missing-key' || !renamed.has(JSON.stringify(path)),
  );
}

/** Paths of the interfaces and checks that are maps, as far as the document has its shape. */
function variantPlaces(raw: object): (string | number)[][] {
  const entries = (path: (string | number)[]) => {
    const list = get(raw, path);
    return Array.isArray(list) ? list.map((_, at) => [...path, at]) : [];
  };
  return [
    ...entries(['hosts']).flatMap((host) => entries([...host, 'interfaces'])),
    ...entries(['checks']),
  ].filter((path) => {
    const value = get(raw, path);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  });
}

function variantIssues(place: (string | number)[], value: unknown): Issue[] {
  const object = Object(value);
  const variant = place[0] === 'checks' ? checkVariant(object) : interfaceVariant(object);
  if ('issues' in variant) return variant.issues;
  const { error } = variant.schema.safeParse(value);
  return (error?.issues ?? []).flatMap((issue) => explain(issue, value, variant.schema));
}

function explain(issue: ZodIssue, root: unknown, schema: z.ZodType): Issue[] {
  const path = steps(issue.path);
  const found = get(root, issue.path);
  if (issue.code === 'invalid_union') {
    const known = knownKeys(schema, issue.path);
    return prefixed(closestMember(issue.errors, found, known), path);
  }
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => unknownKey(key, path, known));
  }
  return [simple(issue, path, found)];
}

const prefixed = (issues: Issue[], path: (string | number)[]): Issue[] =>
  issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));

function unknownKey(key: string, path: (string | number)[], known: string[]): Issue {
  const hint = didYouMean(key, known);
  const meant = /"(.+)"/.exec(hint)?.[1];
  const list = hint || !known.length ? hint : ` Known here: ${known.join(', ')}.`;
  return {
    code: 'unknown-key',
    path: [...path, key],
    message: (label) => `Unknown key "${key}" in ${label}.${list}`,
    ...(meant === undefined ? {} : { rename: meant }),
  };
}

function interfaceVariant(value: object): Variant {
  const type: unknown = Reflect.get(value, 'type');
  if ('segment' in value) {
    if (type === undefined) return { schema: interfaceKinds.segment };
    const message = (label: string) =>
      `${capital(label)} has both "segment" and "type": an interface on a segment needs no type.`;
    return { issues: [{ code: 'interface-kind', path: ['type'], message }] };
  }
  if (type === undefined) return { schema: interfaceKinds.peer };
  const types = Object.keys(interfaceKinds).filter((kind) => kind !== 'segment' && kind !== 'peer');
  const kind = Object.entries(interfaceKinds).find(
    ([name]) => name === type && types.includes(name),
  );
  if (kind) return { schema: kind[1] };
  const message = (label: string) =>
    `${capital(label)} has the unknown type ${show(type)}.` +
    (didYouMean(typeof type === 'string' ? type : '', types) ||
      ` Known: ${types.join(', ')}; or give a "segment".`);
  return { issues: [{ code: 'interface-kind', path: ['type'], message }] };
}

function checkVariant(value: object): Variant {
  const probes = Object.keys(checkKinds);
  const given = Object.keys(value).filter((key) => probes.includes(key));
  const kind = Object.entries(checkKinds).find(([name]) => name === given[0]);
  if (given.length === 1 && kind) return { schema: kind[1] };
  if (given.length > 1) {
    const message = (label: string) =>
      `${capital(label)} has several probes (${given.join(', ')}): make one check of each.`;
    return { issues: [{ code: 'check-probe', path: [given[1] ?? ''], message }] };
  }
  const others = ['name', 'from', 'expect', 'within'];
  const unknown = Object.keys(value).filter((key) => !others.includes(key));
  const issues = unknown.map((key) => unknownKey(key, [], [...probes, ...others]));
  if (issues.some(({ rename }) => rename !== undefined && probes.includes(rename))) {
    return { issues };
  }
  const message = (label: string) =>
    `${capital(label)} says nothing to try: give it one of ${probes.join(', ')}.`;
  return { issues: [...issues, { code: 'check-probe', path: [], message }] };
}

/** The issues of the union's member that fits best; several misfits become one sentence. */
function closestMember(members: readonly ZodIssue[][], value: unknown, known: string[]): Issue[] {
  const isMisfit = (issue: ZodIssue) =>
    issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
  const fitting = members.filter((issues) => !issues.some(isMisfit));
  const best = fitting.toSorted((a, b) => a.length - b.length)[0];
  if (best) {
    return best.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(key, steps(issue.path), known))
        : [simple(issue, steps(issue.path), get(value, issue.path))],
    );
  }
  const wanted = [
    ...new Set(members.flatMap((issues) => issues.filter(isMisfit).map(expectation))),
  ];
  const message = (label: string, key: string) =>
    `${capital(key ? `"${key}" of ${label}` : label)} must be ${wanted.join(', or ')}; found ${show(value)}.`;
  return [{ code: 'wrong-type', path: [], message }];
}

function simple(issue: ZodIssue, path: (string | number)[], found: unknown): Issue {
  if (found === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) {
    const key = String(path.at(-1) ?? '');
    const message = (label: string) =>
      `${capital(label)} has no "${key}": add it (${expectation(issue)}).`;
    return { code: 'missing-key', path, message };
  }
  const message = (label: string, key: string) => {
    const subject = key ? `"${key}" of ${label}` : label;
    if (issue.code === 'invalid_format' || issue.code === 'custom') {
      return `${capital(subject)} is ${show(found)}: ${issue.message}.`;
    }
    const quotes =
      issue.code === 'invalid_type' &&
      issue.expected === 'string' &&
      (typeof found === 'number' || typeof found === 'boolean')
        ? ` Put it in quotes: "${found}".`
        : '';
    const hint =
      issue.code === 'invalid_value' && typeof found === 'string'
        ? didYouMean(found, issue.values.map(String))
        : '';
    return `${capital(subject)} must be ${expectation(issue)}; found ${show(found)}.${quotes}${hint}`;
  };
  return { code: issue.code === 'invalid_type' ? 'wrong-type' : 'wrong-value', path, message };
}

const typeWords: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

function expectation(issue: ZodIssue): string {
  if (issue.code === 'invalid_type') return typeWords[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') {
    const values = issue.values.map((value) => (typeof value === 'string' ? value : String(value)));
    return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`;
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const [bound, limit] =
      issue.code === 'too_small' ? ['at least', issue.minimum] : ['at most', issue.maximum];
    return issue.origin === 'array' ? `a list of ${bound} ${limit}` : `${bound} ${limit}`;
  }
  return issue.message;
}

/** A value in a message: short, and clear about its type. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (null)';
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return value.length ? `a list of ${value.length}` : 'an empty list';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return 'a map of keys';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The keys that the schema knows at `path`. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at = unwrap(schema);
  for (const step of path) {
    at = unwrap(
      typeof step === 'number' ? Reflect.get(Object(at), 'element') : shapeOf(at)[String(step)],
    );
  }
  return Object.keys(shapeOf(at));
}

function unwrap(schema: unknown): unknown {
  const inner: unknown = Reflect.get(Object(schema), 'unwrap');
  return typeof inner === 'function' && Reflect.get(Object(schema), 'element') === undefined
    ? unwrap(Reflect.apply(inner, schema, []))
    : schema;
}

/** A union knows what its members know. */
function shapeOf(schema: unknown): Record<string, unknown> {
  const options: unknown = Reflect.get(Object(schema), 'options');
  if (Array.isArray(options)) {
    return Object.assign({}, ...options.map((option: unknown) => shapeOf(unwrap(option))));
  }
  const shape: unknown = Reflect.get(Object(schema), 'shape');
  return typeof shape === 'object' && shape !== null ? { ...shape } : {};
}
