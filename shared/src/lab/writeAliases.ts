import { isAlias, isMap, isSeq, type Node } from 'yaml';
import { keyText, type LabText } from './document.ts';
import { valueAt, type DocumentPath } from './path.ts';
import { inline } from './writeYaml.ts';

/**
 * The text with every alias replaced by what it stands for, so that values can be edited apart from
 * one another. Anchors stay; they then have no effect.
 */
export function writeAliases(read: LabText): string {
  const splices: { from: number; to: number; text: string }[] = [];
  const walk = (value: unknown, path: DocumentPath): void => {
    if (isSeq(value)) value.items.forEach((item, at) => walk(item, [...path, at]));
    else if (isMap(value)) {
      for (const pair of value.items) walk(pair.value, [...path, keyText(pair.key) ?? '']);
    } else if (isAlias(value)) splice(value, path);
  };
  const splice = (alias: Node, path: DocumentPath) => {
    const json = valueAt(read.root, path);
    if (json === undefined || !alias.range) return;
    const [from, to] = alias.range;
    splices.push({ from, to, text: inline(json, 'yaml', true) });
  };
  walk(read.contents, []);
  return splices
    .toSorted((a, b) => b.from - a.from)
    .reduce(
      (text, { from, to, text: put }) => text.slice(0, from) + put + text.slice(to),
      read.text,
    );
}
