import { JsonNumber, isJsonObject, type Json, type JsonObject } from '../cni/json.ts';

/** How values are spelled: with YAML's plain words where they are safe, or as strict JSON. */
export type Spelling = 'yaml' | 'json';

const width = 100;
/** Lists that are easier to read with one entry per line. */
const listKeys = new Set([
  'segments',
  'hosts',
  'checks',
  'interfaces',
  'routes',
  'dhcp',
  'conditions',
  'networks',
  'pods',
  'plugins',
  'attachments',
  'portMappings',
]);
/** Lists whose entries are easier to read with one key per line. */
const blockItems = new Set(['hosts', 'checks', 'networks', 'pods', 'attachments']);

/** Maps that grow, one line per entry. */
const blockMaps = new Set(['view', 'positions', 'capabilities']);

const plainWord = /^[A-Za-z0-9_./][A-Za-z0-9_./+@-]*$/;
const plainUrl = /^https?:\/\/[A-Za-z0-9._~/:?=&%+-]*[A-Za-z0-9/]$/;
const plainWords = /^[A-Za-z][A-Za-z0-9_./'-]*(?: [A-Za-z0-9_./'()-]+)+$/;
/** What YAML 1.2, or the YAML 1.1 of other tools, reads as something else than text. */
const notText =
  /^(?:[-+.]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|0[xo][0-9a-fA-F]+|[0-9]{1,4}(?:[-:][0-9]+)+.*|\.(?:inf|nan)|~|null|true|false|yes|no|on|off|\.+|---|=)$/i;

/** A text as YAML: plain where that is safe, else in double quotes. */
export function yamlString(text: string, flow: boolean): string {
  const plain =
    !notText.test(text) &&
    (plainWord.test(text) || (plainUrl.test(text) && !flow) || plainWords.test(text));
  return plain ? text : quoted(text);
}

/** JSON's quotes, without the characters that YAML does not take as they are. */
const quoted = (text: string) =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** One line, in flow style. */
export function inline(json: Json, spelling: Spelling = 'yaml', flow = false): string {
  if (json === null || typeof json === 'boolean') return String(json);
  if (json instanceof JsonNumber) return json.text;
  if (typeof json === 'string') return spelling === 'json' ? quoted(json) : yamlString(json, flow);
  if (Array.isArray(json))
    return `[${json.map((item) => inline(item, spelling, true)).join(', ')}]`;
  const pairs = [...json].map(
    ([key, item]) => `${keyOf(key, spelling)}: ${inline(item, spelling, true)}`,
  );
  return `{${pairs.join(', ')}}`;
}

/** A key as it is written. */
export const keyOf = (key: string, spelling: Spelling = 'yaml'): string =>
  spelling === 'json' || key.length > 100 ? quoted(key) : yamlString(key, true);

const isEmpty = (json: Json) =>
  (Array.isArray(json) && json.length === 0) || (isJsonObject(json) && json.size === 0);

/** Lines of a map's entries, without the indentation of the first one's parent. */
export function mapLines(map: JsonObject, indent: number): string[] {
  return [...map].flatMap(([key, value]) => entryLines(key, value, indent));
}

/** `key: value`, over several lines where one would be too long. `indent` counts blanks. */
export function entryLines(key: string, value: Json, indent: number): string[] {
  const pad = ' '.repeat(indent);
  const head = `${pad}${keyOf(key)}:`;
  const line = `${head} ${inline(value)}`;
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return [line];
  const asList = Array.isArray(value) ? listKeys.has(key) : blockMaps.has(key);
  if (isEmpty(value) || (!asList && line.length <= width)) return [line];
  return [head, ...blockLines(value, indent + 2, key)];
}

/** Lines of a list or map in block style; `key` tells what it is for. */
export function blockLines(value: Json, indent: number, key = ''): string[] {
  if (isJsonObject(value) && value.size > 0) return mapLines(value, indent);
  if (!Array.isArray(value) || value.length === 0) return [' '.repeat(indent) + inline(value)];
  return value.flatMap((item) => itemLines(item, indent, blockItems.has(key)));
}

/** `- item`; `spread` gives each key of a map its own line. */
export function itemLines(item: Json, indent: number, spread: boolean): string[] {
  const pad = ' '.repeat(indent);
  const line = `${pad}- ${inline(item)}`;
  const isCollection = Array.isArray(item) || isJsonObject(item);
  if (!isCollection || isEmpty(item)) return [line];
  if (line.length <= width && !(spread && isJsonObject(item))) return [line];
  const [first = '', ...rest] = blockLines(item, indent + 2);
  return [`${pad}- ${first.slice(indent + 2)}`, ...rest];
}

export const spreadsItems = (key: string): boolean => blockItems.has(key);
