import {
  Composer,
  LineCounter,
  Parser,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type CST,
  type Node,
} from 'yaml';
import type { Json, JsonObject } from '../cni/json.ts';
import type { DocumentPath } from './path.ts';
import { numberFromYaml } from './scalar.ts';

/** Limits of a document: they keep a hostile text from costing more than it weighs. */
export const maxTextLength = 1024 * 1024;
export const maxNodes = 100_000;
export const maxDepth = 100;
/** Of a text that is no YAML, the first few errors say all there is to say. */
const maxSyntaxErrors = 20;

export interface DocumentProblem {
  severity: 'error' | 'warning';
  code: string;
  message: string;
  path: DocumentPath;
  /** UTF-16 units from the start of the text, without a byte order mark. */
  offset: number;
}

/** A YAML or JSON text as `Json`, with the places of its parts. */
export interface LabText {
  /** The text without a byte order mark. */
  text: string;
  /** Undefined when the text cannot be read. */
  root: Json | undefined;
  contents: Node | null;
  problems: DocumentProblem[];
  /** Line and column, from 1. */
  position: (offset: number) => { line: number; column: number };
  /** Where the value, or the key, at `path` starts; for what is not there, its nearest parent. */
  locate: (path: DocumentPath, part?: 'key' | 'value') => number;
  /** The node an alias stands for. */
  aliases: ReadonlyMap<Node, Node>;
}

const plainTags = new Set([
  '!',
  ...['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
]);

/** Reads YAML 1.2 or JSON. Never throws: what is wrong is in `problems`. */
export function readText(source: string): LabText {
  const text = source.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  const aliases = new Map<Node, Node>();
  const result: LabText = {
    text,
    root: undefined,
    contents: null,
    problems: [],
    aliases,
    position: (offset) => {
      const { line, col } = lines.linePos(Math.min(Math.max(offset, 0), text.length));
      return { line: Math.max(line, 1), column: Math.max(col, 1) };
    },
    locate: (path, part = 'value') => locate(result.contents, aliases, path, part),
  };
  const refuse = (message: string, offset = 0, code = 'syntax') => {
    result.problems.push({ severity: 'error', code, message, path: [], offset });
    return result;
  };
  if (text.length > maxTextLength) {
    return refuse('The text is longer than 1 MiB: split it into several labs.', 0, 'too-large');
  }
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = deepPlace(tokens);
  if (deep !== undefined) {
    return refuse(`The text nests deeper than ${maxDepth} levels.`, deep, 'too-large');
  }
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (!document) return refuse('The text is empty.');
  if (second) {
    return refuse('The text holds several documents: keep one.', second.range[0]);
  }
  for (const error of document.errors.slice(0, maxSyntaxErrors))
    refuse(syntaxMessage(error.message), error.pos[0]);
  if (document.directives?.yaml.explicit && document.directives.yaml.version !== '1.2') {
    return refuse('Only YAML 1.2 is read: leave the %YAML line out.');
  }
  if (result.problems.length > 0) return result;
  result.contents = document.contents;
  const root = convert(document.contents, result.problems, aliases);
  if (!result.problems.some(({ severity }) => severity === 'error')) result.root = root;
  return result;
}

const syntaxMessage = (message: string) =>
  `The text is not valid YAML or JSON: ${message.replace(/\s*\n[\s\S]*$/, '').replace(/\.$/, '')}.`;

/**
 * Where the nesting becomes too deep, if it does. Runs on the flat token stream, because the
 * composer that follows is recursive and would exhaust the stack.
 */
function deepPlace(tokens: readonly CST.Token[]): number | undefined {
  const stack = tokens.map((token) => ({ token, depth: 0 }));
  let deep: number | undefined;
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { token, depth } = next;
    if (depth > maxDepth) deep = Math.min(deep ?? token.offset, token.offset);
    if (token.type === 'document') {
      if (token.value) stack.push({ token: token.value, depth });
    } else if ('items' in token) {
      for (const item of token.items) {
        if (item.key) stack.push({ token: item.key, depth: depth + 1 });
        if (item.value) stack.push({ token: item.value, depth: depth + 1 });
      }
    }
  }
  return deep;
}

/** AST to `Json`, aliases resolved, every scalar through its source text. */
function convert(contents: Node | null, problems: DocumentProblem[], aliases: Map<Node, Node>) {
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  let nodes = 0;
  const report = (
    code: string,
    message: string,
    path: DocumentPath,
    node: Node | null,
    severity: DocumentProblem['severity'] = 'error',
  ) => problems.push({ severity, code, message, path, offset: node?.range?.[0] ?? 0 });

  const read = (node: Node | null, path: DocumentPath): Json => {
    if (nodes >= maxNodes) return null;
    if (++nodes === maxNodes) {
      report('too-large', `More than ${maxNodes} values, aliases counted in full.`, path, node);
      return null;
    }
    if (node === null) return null;
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (!target || open.has(target)) {
        const reason = target ? 'stands for something it is itself a part of' : 'has no anchor';
        report('alias', `The alias *${node.source} ${reason}.`, path, node);
        return null;
      }
      aliases.set(node, target);
      return read(target, path);
    }
    if (node.tag !== undefined && !plainTags.has(node.tag)) {
      report('tag', `The tag ${node.tag} has no meaning in JSON: leave it out.`, path, node);
    }
    if ('anchor' in node && typeof node.anchor === 'string') anchors.set(node.anchor, node);
    open.add(node);
    const value = readValue(node, path);
    open.delete(node);
    return value;
  };

  const readValue = (node: Node, path: DocumentPath): Json => {
    if (isSeq(node)) return node.items.map((item, at) => read(asNode(item), [...path, at]));
    if (isMap(node)) return readMap(node.items, path);
    if (!isScalar(node)) return null;
    const { value, source } = node;
    if (typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value !== 'number') return null;
    const number = numberFromYaml(source ?? String(value));
    if (number) return number;
    report('number', `JSON has no number like ${source ?? value}.`, path, node);
    return null;
  };

  const readMap = (pairs: readonly { key: unknown; value: unknown }[], path: DocumentPath) => {
    const object: JsonObject = new Map();
    for (const pair of pairs) {
      let key = asNode(pair.key);
      if (isAlias(key)) key = anchors.get(key.source) ?? key;
      const name = isScalar(key)
        ? typeof key.value === 'string'
          ? key.value
          : (key.source ?? '')
        : undefined;
      if (name === undefined || (isScalar(key) && key.value === null)) {
        report('key', 'A key must be text; put quotes around it.', path, key);
        continue;
      }
      if (key && 'anchor' in key && typeof key.anchor === 'string') anchors.set(key.anchor, key);
      const place = [...path, name];
      if (object.has(name))
        report('duplicate-key', `The key "${name}" is there twice.`, place, key);
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') {
        const message = 'Merge keys are not applied: "<<" is kept as an ordinary key.';
        report('merge-key', message, place, key, 'warning');
      }
      object.set(name, read(asNode(pair.value), place));
    }
    return object;
  };
  return contents === null ? undefined : read(contents, []);
}

const isNodeLike = (value: unknown): value is Node =>
  isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
const asNode = (value: unknown): Node | null => (isNodeLike(value) ? value : null);

/** The key's text as it counts in a path. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : key.source;
}

function locate(
  contents: Node | null,
  aliases: ReadonlyMap<Node, Node>,
  path: DocumentPath,
  part: 'key' | 'value',
): number {
  let node = contents;
  let offset = contents?.range?.[0] ?? 0;
  for (const [at, step] of path.entries()) {
    const target = node && (aliases.get(node) ?? node);
    if (isMap(target)) {
      const pair = target.items.find(({ key }) => keyText(key) === String(step));
      if (!pair) break;
      const key = asNode(pair.key);
      node = asNode(pair.value);
      const last = at === path.length - 1;
      offset = (last && part === 'key' ? key : (node ?? key))?.range?.[0] ?? offset;
    } else if (isSeq(target) && typeof step === 'number' && step < target.items.length) {
      node = asNode(target.items[step]);
      offset = node?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
