import { parseDocument } from 'yaml';
import { z } from 'zod';
import { fromPlain, isJsonObject, type Json } from '../cni/json.ts';
import { EditError, applyEdit } from './applyEdit.ts';
import { readText, type LabText } from './document.ts';
import { sameJson, valueAt, type DocumentPath } from './path.ts';
import { spliceValue } from './splice.ts';
import { writeAliases } from './writeAliases.ts';
import { inline, mapLines } from './writeYaml.ts';

/**
 * Changes to a document's text that keep comments, order and everything they do not touch.
 * `path` counts keys and indexes from the top of the document; values are plain JSON.
 */
export const editSchema = z.discriminatedUnion('edit', [
  /** Sets a value; missing parents are made. */
  z.object({
    edit: z.literal('set'),
    path: z.array(z.union([z.string(), z.number()])),
    value: z.json(),
  }),
  /** Appends to an array; a missing array is made. */
  z.object({
    edit: z.literal('append'),
    path: z.array(z.union([z.string(), z.number()])),
    value: z.json(),
  }),
  z.object({
    edit: z.literal('delete'),
    path: z.array(z.union([z.string(), z.number()])),
  }),
]);
export type Edit = z.infer<typeof editSchema>;

/**
 * The text after the edits, in their order. Comments, order, quoting and layout of all that is not
 * edited stay to the byte. Throws an EditError if the text cannot be read or an edit does not fit.
 */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  let read = readText(text);
  for (const edit of edits) read = step(read, edit);
  return mark + read.text;
}

function step(read: LabText, edit: Edit): LabText {
  const problem = read.problems.find(({ severity }) => severity === 'error');
  if (problem)
    throw new EditError(`The text has an error that must be mended first: ${problem.message}`);
  const before = read.root ?? null;
  const wanted = applyEdit(before, edit);
  if (sameJson(before, wanted)) return read;
  const means = (text: string | undefined): LabText | undefined => {
    const result = text === undefined ? undefined : readText(text);
    return result && sameJson(result.root, wanted) ? result : undefined;
  };
  const [path, value] = target(before, edit);
  const spliced = means(spliceValue(read, path, value));
  if (spliced) return spliced;
  if (read.aliases.size > 0) {
    const apart = readText(writeAliases(read));
    const done = sameJson(apart.root, before) && means(spliceValue(apart, path, value));
    if (done) return done;
  }
  return (
    means(withDocument(read.text, edit)) ?? means(rewritten(wanted, read.text)) ?? unwritable(edit)
  );
}

/** Every edit as setting or deleting one value. */
function target(root: Json, edit: Edit): [DocumentPath, Json | undefined] {
  if (edit.edit === 'delete') return [edit.path, undefined];
  if (edit.edit === 'set') return [edit.path, fromPlain(edit.value)];
  const list = valueAt(root, edit.path);
  if (!Array.isArray(list)) return [edit.path, [fromPlain(edit.value)]];
  return [[...edit.path, list.length], fromPlain(edit.value)];
}

/** For layouts that splicing does not know: the library writes the whole text, with its comments. */
function withDocument(text: string, edit: Edit): string | undefined {
  try {
    const document = parseDocument(text, { version: '1.2', logLevel: 'silent' });
    if (edit.edit === 'delete') document.deleteIn(edit.path);
    else if (edit.edit === 'set') document.setIn(edit.path, document.createNode(edit.value));
    else document.addIn(edit.path, document.createNode(edit.value));
    return document.toString({ lineWidth: 0, flowCollectionPadding: false });
  } catch {
    return undefined;
  }
}

/** The last resort, which keeps the meaning but not the comments. */
function rewritten(wanted: Json, text: string): string {
  if (/^\s*\{/.test(text)) return `${inline(wanted, 'json')}\n`;
  return isJsonObject(wanted) && wanted.size > 0
    ? mapLines(wanted, 0)
        .map((line) => `${line}\n`)
        .join('')
    : `${inline(wanted)}\n`;
}

function unwritable(edit: Edit): never {
  throw new EditError(`The edit of ${edit.path.join('.')} cannot be written into this text.`);
}
