import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  copyFile,
  link,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { labNameSchema } from '@cnilab/shared/lab/schema';
import { nameOf } from './labText.ts';
import { hasCode, makeDirectory } from './makeDirectory.ts';
import { ProblemError } from './problem.ts';

/** A lab's text as it is on disk. */
export interface StoredDocument {
  name: string;
  text: string;
  /** Hash of the text, 16 hex digits. */
  revision: string;
  /** Milliseconds since 1970. */
  modified: number;
}

/** The labs of one data folder. Every method throws a ProblemError for what a person can mend. */
export interface Documents {
  directory: string;
  /** By name. */
  list(): Promise<StoredDocument[]>;
  get(name: string): Promise<StoredDocument>;
  /** The name is the text's own; a text that has none that can be read gets a free one. */
  create(text: string): Promise<StoredDocument>;
  /** Replaces revision `base`; moves the document when the text's name is another one. */
  save(name: string, base: string, text: string): Promise<StoredDocument>;
  remove(name: string): Promise<void>;
}

const suffix = '.lab.yaml';
const temporary = /^\.[a-z0-9.-]+\.[0-9a-f]{12}\.tmp$/;
/** A temporary file of this age is a crash's, not another server's work. */
const staleMs = 60_000;

/** Where labs are kept unless somebody says otherwise. */
export function defaultDataDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  // The XDG rules: a relative value does not count.
  const base = environment.XDG_DATA_HOME?.startsWith('/')
    ? environment.XDG_DATA_HOME
    : join(homedir(), '.local', 'share');
  return join(base, 'cnilab');
}

/**
 * Opens (and makes) a data folder. Several servers may use one folder: each reads a document again
 * before it replaces it, so what another one saved in the meantime is a conflict and not lost.
 */
export async function openDocuments(dataDirectory: string): Promise<Documents> {
  const directory = join(resolve(dataDirectory), 'labs');
  await prepare(directory);
  const pathOf = (name: string) => join(directory, checkedName(name) + suffix);
  // One write at a time: the check of the revision and the replacement belong together.
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(action: () => Promise<T>): Promise<T> => {
    const turn = queue.then(action);
    queue = turn.catch(() => undefined);
    return turn.catch(asStorageProblem);
  };

  const read = async (name: string): Promise<StoredDocument | undefined> => {
    const path = pathOf(name);
    try {
      const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
      return { name, text, revision: revisionOf(text), modified: Math.round(mtimeMs) };
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  };
  const get = async (name: string) => (await read(name)) ?? notFound(name);

  return {
    directory,
    get: (name) => get(name).catch(asStorageProblem),
    list: async () => {
      const files = await readdir(directory).catch(asStorageProblem);
      const names = files
        .filter((file) => file.endsWith(suffix))
        .map((file) => file.slice(0, -suffix.length))
        .filter((name) => labNameSchema.safeParse(name).success)
        .toSorted();
      const documents = await Promise.all(names.map((name) => read(name).catch(() => undefined)));
      return documents.filter((document) => document !== undefined);
    },
    create: (text) =>
      inTurn(async () => {
        const wanted = nameOf(text);
        for (let attempt = 1; ; attempt++) {
          const name = wanted ?? (attempt === 1 ? 'untitled' : `untitled-${attempt}`);
          if (await writeNew(pathOf(name), text)) return get(name);
          if (wanted !== undefined) throw taken(name);
        }
      }),
    save: (name, base, text) =>
      inTurn(async () => {
        const current = await get(name);
        if (current.revision !== base && current.text !== text) {
          throw new ProblemError(
            'conflict',
            `Lab ${name} was saved by somebody else in the meantime. Load it again, or save yours under another name.`,
          );
        }
        const newName = nameOf(text) ?? name;
        if (newName === name) {
          if (current.text !== text) await replace(pathOf(name), text);
          return get(name);
        }
        if (!(await writeNew(pathOf(newName), text))) throw taken(newName);
        await rm(pathOf(name), { force: true });
        await syncDirectory(directory);
        return get(newName);
      }),
    remove: (name) =>
      inTurn(async () => {
        await get(name);
        await rm(pathOf(name), { force: true });
        await syncDirectory(directory);
      }),
  };
}

const revisionOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** The schema allows no separator and no leading dot, so a name never leaves the folder. */
function checkedName(name: string): string {
  if (!labNameSchema.safeParse(name).success) return notFound(name);
  return name;
}

function notFound(name: string): never {
  throw new ProblemError('not-found', `There is no lab called ${JSON.stringify(name)} here.`);
}

function taken(name: string): ProblemError {
  return new ProblemError(
    'conflict',
    `There is a lab called ${name} already. Give this one another name.`,
  );
}

async function prepare(directory: string): Promise<void> {
  try {
    await makeDirectory(directory, 0o700);
    const probe = temporaryPath(join(directory, 'probe'));
    await (await open(probe, 'wx', 0o600)).close();
    await rm(probe);
  } catch (error) {
    throw new ProblemError(
      'storage',
      `Labs cannot be kept in ${directory}: ${reasonOf(error)}. Choose another folder with --data DIR.`,
      { cause: error },
    );
  }
  for (const file of await readdir(directory)) {
    if (!temporary.test(file)) continue;
    const { mtimeMs } = await stat(join(directory, file)).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > staleMs) await rm(join(directory, file), { force: true });
  }
}

/** Complete or not at all, also when the machine stops in the middle. */
async function replace(path: string, text: string): Promise<void> {
  // Somebody may keep a lab elsewhere and link to it from here.
  const target = await realpath(path).catch(() => path);
  const fresh = await writeTemporary(target, text);
  try {
    await rename(fresh, target);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  await syncDirectory(dirname(target));
}

/** Like `replace`, but returns false when there is such a file. */
async function writeNew(path: string, text: string): Promise<boolean> {
  const fresh = await writeTemporary(path, text);
  try {
    await link(fresh, path).catch((error: unknown) => {
      // File systems without hard links.
      if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
      return copyFile(fresh, path, constants.COPYFILE_EXCL);
    });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(fresh, { force: true });
  }
  await syncDirectory(dirname(path));
  return true;
}

async function writeTemporary(path: string, text: string): Promise<string> {
  const fresh = temporaryPath(path);
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(text, 'utf8');
    await file.sync();
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return fresh;
}

function temporaryPath(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return join(dirname(path), `.${name}.${randomBytes(6).toString('hex')}.tmp`);
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function reasonOf(error: unknown): string {
  if (hasCode(error, 'EACCES', 'EPERM')) return 'this user may not write there';
  if (hasCode(error, 'ENOENT')) return 'no folder can be made there';
  if (hasCode(error, 'EROFS')) return 'the file system is read-only';
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return 'the disk is full';
  if (hasCode(error, 'ENOTDIR', 'EEXIST')) return 'a part of the path is a file';
  return error instanceof Error ? error.message : String(error);
}

function asStorageProblem(error: unknown): never {
  if (error instanceof ProblemError || !(error instanceof Error && 'syscall' in error)) throw error;
  throw new ProblemError('storage', `The lab could not be kept: ${reasonOf(error)}.`, {
    cause: error,
  });
}
