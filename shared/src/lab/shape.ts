import { JsonNumber, isJsonObject, type Json } from '../cni/json.ts';
import { elementOf } from './names.ts';
import { labIssues, type Issue } from './issues.ts';
import type { DocumentPath } from './path.ts';
import { labSchema, type Lab } from './schema.ts';

/** A schema error with its place and its sentence. */
export interface ShapeProblem {
  code: string;
  message: string;
  path: DocumentPath;
  /** True if the key at the end of the path is what is wrong, not its value. */
  atKey: boolean;
  element: string | undefined;
}

/**
 * The document as a `Lab`. With problems there may still be a lab to run further rules on: the one
 * that results when misspelt keys are read as meant and wrong optional values are left out.
 */
export function readShape(root: Json | undefined): {
  lab: Lab | undefined;
  problems: ShapeProblem[];
} {
  const raw = toRaw(root ?? null, []);
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    const message = 'A lab is a map of keys that starts with "cnilab: 1" and a "name".';
    const problem = { code: 'wrong-type', message, path: [], atKey: false, element: undefined };
    return { lab: undefined, problems: [problem] };
  }
  const issues = labIssues(raw);
  const problems = issues.map((issue) => toProblem(issue, root));
  return { lab: issues.length ? salvage(raw, issues) : labSchema.parse(raw), problems };
}

function toProblem(issue: Issue, root: Json | undefined): ShapeProblem {
  const { label, id, depth } = elementOf(issue.path, root);
  const within = issue.path.slice(depth);
  if (issue.code === 'unknown-key' || issue.code === 'missing-key') within.pop();
  const key = within.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  const inner = key.replace(/^\./, '');
  const about = issue.code === 'unknown-key' || issue.code === 'missing-key';
  const message = issue.message(about && inner ? `"${inner}" of ${label}` : label, inner);
  const fix = versionMessage(issue) ?? message;
  return { code: issue.code, message: fix, path: issue.path, atKey: about, element: id };
}

function versionMessage({ path, code }: Issue): string | undefined {
  if (path.length !== 1 || path[0] !== 'cnilab') return undefined;
  if (code === 'missing-key') return 'The lab has no "cnilab": start it with "cnilab: 1".';
  return 'This format version is not known here: write "cnilab: 1".';
}

/** Where CNI configuration and looks stay as they are. */
function isVerbatim(path: DocumentPath): boolean {
  if (path[0] === 'view') return path.length >= 2;
  if (path[0] !== 'hosts') return false;
  if (path[2] === 'networks') return path.length >= 4;
  return path[2] === 'pods' && path[4] === 'attachments' && path[6] === 'capabilities'
    ? path.length >= 8
    : false;
}

type Raw = { [key: string]: unknown };

/** What the schema reads: objects and numbers outside CNI configuration, where null is absence. */
function toRaw(json: Json, path: DocumentPath): unknown {
  if (isVerbatim(path)) return json;
  if (json instanceof JsonNumber) return Number(json.text);
  if (Array.isArray(json)) return json.map((item, at) => toRaw(item, [...path, at]));
  if (!isJsonObject(json)) return json;
  const raw = emptyRaw();
  for (const [key, item] of json) {
    const place = [...path, key];
    if (item !== null || isVerbatim(place)) raw[key] = toRaw(item, place);
  }
  return raw;
}

/** Without a prototype, so that `__proto__` is a key like any other. */
const emptyRaw = (): Raw => Object.setPrototypeOf({}, null);

function salvage(raw: object, issues: readonly Issue[]): Lab | undefined {
  // Which kind it is cannot be guessed, and as another kind it would break further rules.
  if (issues.some(({ code }) => code === 'interface-kind' || code === 'check-probe'))
    return undefined;
  for (const { path, rename } of issues) {
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((at, step) => Reflect.get(Object(at), step), raw);
    const key = path.at(-1);
    if (typeof parent !== 'object' || parent === null || typeof key !== 'string') continue;
    if (rename !== undefined && !(rename in parent)) {
      Reflect.set(parent, rename, Reflect.get(parent, key));
    }
    Reflect.deleteProperty(parent, key);
  }
  return labSchema.safeParse(raw).data;
}
