import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { isJsonObject, stringifyJson, type Json } from '../cni/json.ts';
import { predecessorOf } from './applyEdit.ts';
import { keyText, type LabText } from './document.ts';
import type { DocumentPath } from './path.ts';
import {
  entryLines,
  inline,
  itemLines,
  keyOf,
  mapLines,
  blockLines,
  spreadsItems,
  type Spelling,
} from './writeYaml.ts';

/** Replaces part of a text. */
interface Splice {
  from: number;
  to: number;
  text: string;
}

/**
 * The document's text with the value at `path` set, or deleted if `value` is undefined, and nothing
 * else touched. Undefined where the text is written in a way that this does not know; the caller
 * compares what it means with what was wanted.
 */
export function spliceValue(
  read: LabText,
  path: DocumentPath,
  value: Json | undefined,
): string | undefined {
  const { text, contents } = read;
  const style: Style = {
    text,
    spelling: /^\s*\{/.test(text) ? 'json' : 'yaml',
    newline: text.includes('\r\n') ? '\r\n' : '\n',
  };
  let node: Node | null = contents;
  let parent: Spot | undefined;
  for (const [at, step] of path.entries()) {
    if (isAlias(node)) return undefined;
    const place = path.slice(0, at);
    const rest = path.slice(at + 1);
    const isLast = rest.length === 0;
    const spot = isMap(node)
      ? mapSpot(node, String(step), place)
      : isSeq(node) && typeof step === 'number'
        ? seqSpot(node, step, place)
        : undefined;
    if (!spot) {
      if (value === undefined) return text;
      const made = wrap(path.slice(at), value);
      return parent && apply(style, [replace(style, parent, made)]);
    }
    if (!spot.found) {
      if (value === undefined) return text;
      // An empty [] or {} in block surroundings gives way to the block style.
      const isBare = spot.parent.items.length === 0 && style.spelling === 'yaml';
      return isBare && parent && !parent.parent.flow
        ? apply(style, [replace(style, parent, wrap(path.slice(at), value))])
        : apply(style, [insert(style, spot, wrap(rest, value))]);
    }
    if (isLast) {
      if (value !== undefined) return apply(style, [replace(style, spot, value)]);
      const whole = spot.index === 0 && spot.parent.items.length === 1;
      if (!whole) return apply(style, [remove(style, spot)]);
      const empty: Json = isMap(spot.parent) ? new Map() : [];
      return parent && apply(style, [replace(style, parent, empty)]);
    }
    parent = spot;
    node = spot.value;
  }
  return undefined;
}

interface Style {
  text: string;
  spelling: Spelling;
  newline: string;
}

/** One entry of a collection, or the place where it would be. */
interface Spot {
  parent: YAMLMap | YAMLSeq;
  /** Path of the parent. */
  place: DocumentPath;
  key: string | undefined;
  index: number;
  found: boolean;
  value: Node | null;
}

const isNodeLike = (value: unknown): value is Node =>
  isScalar(value) || isAlias(value) || isCollection(value);
const nodeOf = (value: unknown): Node | null => (isNodeLike(value) ? value : null);

function mapSpot(parent: YAMLMap, key: string, place: DocumentPath): Spot {
  const index = parent.items.findIndex((pair) => keyText(pair.key) === key);
  const value = nodeOf(parent.items[index]?.value);
  return { parent, place, key, index, found: index >= 0, value };
}

function seqSpot(parent: YAMLSeq, index: number, place: DocumentPath): Spot {
  const found = index < parent.items.length;
  return { parent, place, key: undefined, index, found, value: nodeOf(parent.items[index]) };
}

const wrap = (path: DocumentPath, value: Json): Json =>
  path.reduceRight<Json>(
    (inner, step) => (typeof step === 'number' ? [inner] : new Map([[step, inner]])),
    value,
  );

function apply({ text }: Style, splices: (Splice | undefined)[]): string | undefined {
  let result = text;
  for (const splice of splices.toReversed()) {
    if (!splice) return undefined;
    result = result.slice(0, splice.from) + splice.text + result.slice(splice.to);
  }
  return result;
}

/** Where an entry starts: its key, or its value; the dash of a block list is apart. */
function startOf({ parent }: Spot, index: number): number | undefined {
  const item: unknown = parent.items[index];
  if (isMap(parent)) return nodeOf(parent.items[index]?.key)?.range?.[0];
  return nodeOf(item)?.range?.[0];
}

/** Where the visible part of a node ends, without the line break and comments after it. */
function contentEnd(node: Node | null, text: string): number | undefined {
  if (!node?.range) return undefined;
  if (isCollection(node) && !node.flow) {
    const last: unknown = node.items.at(-1);
    if (isMap(node)) {
      const pair = node.items.at(-1);
      return contentEnd(nodeOf(pair?.value), text) ?? contentEnd(nodeOf(pair?.key), text);
    }
    return contentEnd(nodeOf(last), text);
  }
  let end = node.range[1];
  while (end > node.range[0] && /[\r\n]/.test(text[end - 1] ?? '')) end--;
  return end;
}

/** With a block collection goes the comment behind its last entry. */
function blockEnd(node: Node | null, end: number, text: string): number {
  if (!isCollection(node) || node.flow) return end;
  return end + text.slice(end, lineEnd(text, end)).replace(/\r?\n$/, '').length;
}

function entryEnd({ parent }: Spot, index: number, text: string): number | undefined {
  if (!isMap(parent)) return contentEnd(nodeOf(parent.items[index]), text);
  const pair = parent.items[index];
  return contentEnd(nodeOf(pair?.value), text) ?? contentEnd(nodeOf(pair?.key), text);
}

const lineStart = (text: string, offset: number) => text.lastIndexOf('\n', offset - 1) + 1;
const lineEnd = (text: string, offset: number) => {
  const at = text.indexOf('\n', offset);
  return at < 0 ? text.length : at + 1;
};

/** Column of a block collection's keys or dashes. */
function indentOf(spot: Spot, text: string): number | undefined {
  const start = startOf(spot, 0);
  if (start === undefined) return undefined;
  const offset = isMap(spot.parent) ? start : dashBefore(text, start);
  return offset === undefined ? undefined : offset - lineStart(text, offset);
}

/** The dash of the block list's entry that starts at `start` on the same line. */
function dashBefore(text: string, start: number): number | undefined {
  const prefix = /-[ ]+(?:[&!][^\s]*[ ]+)*$/.exec(text.slice(lineStart(text, start), start));
  return prefix ? lineStart(text, start) + prefix.index : undefined;
}

function insert(style: Style, spot: Spot, value: Json): Splice | undefined {
  const { text, newline, spelling } = style;
  const { parent, key } = spot;
  const count = parent.items.length;
  if (parent.flow || count === 0) {
    const entry = key === undefined ? '' : `${keyOf(key, spelling)}: `;
    if (count === 0) {
      const open = parent.range?.[0];
      if (open === undefined || !/[[{]/.test(text[open] ?? '')) return undefined;
      return { from: open + 1, to: open + 1, text: entry + inline(value, spelling, true) };
    }
    const end = entryEnd(spot, count - 1, text);
    const start = startOf(spot, count - 1);
    if (end === undefined || start === undefined) return undefined;
    const before = text.slice(lineStart(text, start), start);
    const ownLine = /^[ \t]*$/.test(before);
    const written = ownLine ? flowText(style, value, before) : inline(value, spelling, true);
    const gap = ownLine ? `${newline}${before}` : ' ';
    return { from: end, to: end, text: `,${gap}${entry}${written}` };
  }
  const indent = indentOf(spot, text);
  if (indent === undefined) return undefined;
  const after = insertAfter(spot);
  const end = entryEnd(spot, after, text);
  if (end === undefined) return undefined;
  const at = lineEnd(text, end);
  const lines =
    key === undefined
      ? itemLines(value, indent, spreads(spot, value))
      : entryLines(key, value, indent);
  const gap =
    key !== undefined && spot.place.length === 0 && blankBetween(spot, text) && lines.length > 1;
  const lead = text[at - 1] === '\n' ? '' : newline;
  const body = lines.map((line) => line + newline).join('');
  return { from: at, to: at, text: `${lead}${gap ? newline : ''}${body}` };
}

/** Index of the entry after which a new one goes. */
function insertAfter({ parent, place, key }: Spot): number {
  if (key === undefined || !isMap(parent)) return parent.items.length - 1;
  const keys = parent.items.map((pair) => keyText(pair.key) ?? '');
  const before = predecessorOf(place, keys, key);
  return before === undefined ? keys.length - 1 : keys.indexOf(before);
}

/** True if top-level sections are set apart with an empty line. */
function blankBetween(spot: Spot, text: string): boolean {
  const end = entryEnd(spot, spot.parent.items.length - 1, text);
  return /\n[ \t]*\r?\n/.test(text.slice(startOf(spot, 0) ?? 0, end));
}

/** New entries look like their neighbours; in a list of their own they look as is usual there. */
function spreads({ parent, place }: Spot, value: Json): boolean {
  const sibling = nodeOf(parent.items.at(-1));
  if (isJsonObject(value) && isCollection(sibling)) return !sibling.flow;
  return spreadsItems(String(place.at(-1)));
}

/** A value inside a flow collection whose entries have lines of their own. */
function flowText({ spelling, newline }: Style, value: Json, indent: string): string {
  const line = inline(value, spelling, true);
  if (spelling === 'yaml' || line.length + indent.length <= 80) return line;
  return stringifyJson(value, 2).replaceAll('\n', newline + indent);
}

function replace(style: Style, spot: Spot, value: Json): Splice | undefined {
  const { text, spelling, newline } = style;
  const { parent, value: node, key } = spot;
  const pair = isMap(parent) ? parent.items[spot.index] : undefined;
  const keyEnd = pair && contentEnd(nodeOf(pair.key), text);
  const start = node?.range?.[0];
  const end = contentEnd(node, text);
  if (parent.flow || spelling === 'json') {
    const before = start === undefined ? '' : text.slice(lineStart(text, start), start);
    const written = flowText(style, value, /^[ \t]*/.exec(before)?.[0] ?? '');
    if (start !== undefined && end !== undefined && end > start) {
      return { from: start, to: end, text: written };
    }
    if (keyEnd === undefined) return undefined;
    const colon = /^\s*:/.exec(text.slice(keyEnd))?.[0].length;
    return colon === undefined
      ? { from: keyEnd, to: keyEnd, text: `: ${written}` }
      : { from: keyEnd, to: keyEnd + colon, text: `: ${written}` };
  }
  const indent = indentOf(spot, text);
  if (indent === undefined || start === undefined || end === undefined) return undefined;
  // After the colon, or after the dash.
  const dash = dashBefore(text, start);
  const colon = keyEnd === undefined ? -1 : text.indexOf(':', keyEnd);
  const lead = keyEnd === undefined ? (dash === undefined ? undefined : dash + 1) : colon + 1;
  if (lead === undefined || lead === 0 || lead > start) return undefined;
  const between = text.slice(lead, start);
  const sameLine = !between.includes('\n');
  const lines =
    key === undefined
      ? itemLines(value, indent, spreads(spot, value))
      : entryLines(key, value, indent);
  const isScalarNow = lines.length === 1;
  if (isScalarNow) {
    const written = ` ${inline(value)}`;
    if (sameLine) {
      const gap = between === '' ? ' ' : between;
      return { from: lead, to: blockEnd(node, end, text), text: gap + inline(value) };
    }
    // What stands between the key and a value on later lines is a comment on the key.
    const comment = between.trim() === '' ? '' : between.replace(/\s+$/, '');
    const to = blockEnd(node, end, text);
    return { from: lead, to, text: written + (comment && ` ${comment.trimStart()}`) };
  }
  const body = isJsonObject(value)
    ? mapLines(value, indent + 2)
    : blockLines(value, indent + 2, key ?? '');
  if (key === undefined) {
    const [first = '', ...rest] = body;
    return { from: lead, to: end, text: [` ${first.trimStart()}`, ...rest].join(newline) };
  }
  const rest = text.slice(end, lineEnd(text, end)).trim();
  if (rest !== '' && sameLine) {
    // A comment behind the old value stays behind the key.
    const tail = text.slice(end, lineEnd(text, end)).replace(/\r?\n$/, '');
    return {
      from: lead,
      to: end + tail.length,
      text: `${tail.startsWith(' ') ? tail : ` ${tail}`}${newline}${body.join(newline)}`,
    };
  }
  return { from: lead, to: end, text: newline + body.join(newline) };
}

function remove({ text }: Style, spot: Spot): Splice | undefined {
  const { parent, index } = spot;
  const start = startOf(spot, index);
  const end = entryEnd(spot, index, text);
  if (start === undefined || end === undefined) return undefined;
  const next = startOf(spot, index + 1);
  if (index === 0) {
    if (next === undefined) return undefined;
    return { from: start, to: next, text: '' };
  }
  if (parent.flow) {
    const from = entryEnd(spot, index - 1, text);
    return from === undefined ? undefined : { from, to: end, text: '' };
  }
  const previous = entryEnd(spot, index - 1, text);
  if (previous === undefined) return undefined;
  let from = lineStart(text, isMap(parent) ? start : (dashBefore(text, start) ?? start));
  const floor = lineEnd(text, previous);
  // Comments straight above an entry go with it.
  while (from > floor) {
    const above = lineStart(text, from - 1);
    if (above < floor || !/^[ \t]*#/.test(text.slice(above, from))) break;
    from = above;
  }
  return { from, to: lineEnd(text, end), text: '' };
}
