import {
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDocuments, type Documents } from './documents.ts';

const lab = (name: string, rest = '') => `cnilab: 1\nname: ${name}\n${rest}`;

describe('the labs on disk', () => {
  let data: string;
  let documents: Documents;

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'cnilab-documents-'));
    documents = await openDocuments(data);
  });
  afterEach(() => rm(data, { recursive: true, force: true }));

  it('are there again after a restart, byte for byte', async () => {
    const text = lab('web', '# a comment — kept\n');
    const created = await documents.create(text);
    const again = await openDocuments(data);
    expect(await again.list()).toEqual([created]);
    expect((await again.get('web')).text).toBe(text);
    expect(created.revision).toMatch(/^[0-9a-f]{16}$/);
  });

  it('are files that a person can read and put into git', async () => {
    await documents.create(lab('web'));
    expect(await readFile(join(data, 'labs', 'web.lab.yaml'), 'utf8')).toBe(lab('web'));
  });

  it('refuse to be saved over a version that the writer has not seen', async () => {
    const first = await documents.create(lab('web'));
    const second = await documents.save('web', first.revision, lab('web', '# two\n'));
    await expect(documents.save('web', first.revision, lab('web', '# three\n'))).rejects.toThrow(
      /saved by somebody else/,
    );
    expect((await documents.get('web')).revision).toBe(second.revision);
  });

  it('take the same text twice, as when an answer got lost', async () => {
    const first = await documents.create(lab('web'));
    const second = await documents.save('web', first.revision, lab('web', '# two\n'));
    expect(await documents.save('web', first.revision, lab('web', '# two\n'))).toEqual(second);
  });

  it('let just one of many writers win that start from the same version', async () => {
    const { revision } = await documents.create(lab('web'));
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => documents.save('web', revision, lab('web', `# ${i}\n`))),
    );
    const won = results.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(won[0]).toMatchObject({ value: await documents.get('web') });
  });

  it('notice what another server saved in the same folder', async () => {
    const { revision } = await documents.create(lab('web'));
    const other = await openDocuments(data);
    await other.save('web', revision, lab('web', '# other\n'));
    await expect(documents.save('web', revision, lab('web', '# own\n'))).rejects.toThrow(
      /saved by somebody else/,
    );
  });

  it('move when the text gives itself another name', async () => {
    const { revision } = await documents.create(lab('old'));
    expect((await documents.save('old', revision, lab('new'))).name).toBe('new');
    expect((await documents.list()).map(({ name }) => name)).toEqual(['new']);
  });

  it('never replace another lab, neither when one is made nor when one is renamed', async () => {
    await documents.create(lab('one', '# precious\n'));
    const { revision } = await documents.create(lab('two'));
    await expect(documents.create(lab('one'))).rejects.toMatchObject({ code: 'conflict' });
    await expect(documents.save('two', revision, lab('one'))).rejects.toMatchObject({
      code: 'conflict',
    });
    expect((await documents.get('one')).text).toContain('precious');
    expect((await documents.get('two')).text).toBe(lab('two'));
  });

  it('keep a text that cannot be read as it is, under the name it had', async () => {
    const { revision } = await documents.create(lab('web'));
    const broken = 'name: [web\n\thosts: }';
    const saved = await documents.save('web', revision, broken);
    expect(saved).toMatchObject({ name: 'web', text: broken });
    expect((await documents.create('{{{')).name).toBe('untitled');
    expect((await documents.create('{{{')).name).toBe('untitled-2');
  });

  it.each([
    '../escape',
    '/etc/passwd',
    'a/b',
    '..',
    '.',
    '',
    '.hidden',
    'a\u0000b',
    'UPPER',
    'x'.repeat(65),
  ])('never leave their folder: %j', async (name) => {
    await writeFile(join(data, 'escape.lab.yaml'), 'secret');
    await expect(documents.get(name)).rejects.toMatchObject({ code: 'not-found' });
    await expect(documents.save(name, '', 'x')).rejects.toMatchObject({ code: 'not-found' });
    await expect(documents.remove(name)).rejects.toMatchObject({ code: 'not-found' });
    const created = await documents.create(`cnilab: 1\nname: ${JSON.stringify(name)}\n`);
    expect(created.name).toBe('untitled');
    expect((await readdir(data)).toSorted()).toEqual(['escape.lab.yaml', 'labs']);
  });

  it('survive a crash in the middle of a write: the old text stays, the rest is swept up', async () => {
    const { revision } = await documents.create(lab('web'));
    const half = join(data, 'labs', '.web.lab.yaml.0123456789ab.tmp');
    const fresh = join(data, 'labs', '.web.lab.yaml.ba9876543210.tmp');
    await writeFile(half, 'cnilab: 1\nna');
    await writeFile(fresh, 'another server is at it');
    const old = new Date(Date.now() - 3_600_000);
    await utimes(half, old, old);
    const again = await openDocuments(data);
    expect((await again.list()).map((document) => document.revision)).toEqual([revision]);
    expect((await readdir(join(data, 'labs'))).toSorted()).toEqual([
      '.web.lab.yaml.ba9876543210.tmp',
      'web.lab.yaml',
    ]);
  });

  it('leave no temporary file behind, also when a name is taken', async () => {
    const { revision } = await documents.create(lab('web'));
    await documents.create(lab('web')).catch(() => undefined);
    await documents.save('web', revision, lab('web', '# x\n'));
    expect(await readdir(join(data, 'labs'))).toEqual(['web.lab.yaml']);
  });

  it('stay links where somebody linked to a file elsewhere', async () => {
    const elsewhere = join(data, 'mine.yaml');
    await writeFile(elsewhere, lab('linked'));
    await symlink(elsewhere, join(data, 'labs', 'linked.lab.yaml'));
    const { revision } = await documents.get('linked');
    await documents.save('linked', revision, lab('linked', '# saved\n'));
    expect(await readFile(elsewhere, 'utf8')).toBe(lab('linked', '# saved\n'));
  });

  it('say so when they are deleted or not there', async () => {
    await documents.create(lab('web'));
    await documents.remove('web');
    await expect(documents.remove('web')).rejects.toMatchObject({ code: 'not-found' });
    expect(await documents.list()).toEqual([]);
  });

  it('refuse a folder that is a file, and name the remedy', async () => {
    await writeFile(join(data, 'file'), '');
    await expect(openDocuments(join(data, 'file'))).rejects.toThrow(/--data DIR/);
  });

  it('refuse a folder that cannot be made', async () => {
    await expect(openDocuments('/proc/cnilab')).rejects.toThrow(/--data DIR/);
  });

  it('refuse a folder that cannot be written', async () => {
    await chmod(data, 0o755);
    await chmod(join(data, 'labs'), 0o555);
    const root = process.geteuid?.() === 0;
    // Root may write anywhere, so it is somebody else for a moment.
    if (root) process.seteuid?.(65534);
    try {
      await expect(openDocuments(data)).rejects.toThrow(/may not write.*--data DIR/);
    } finally {
      if (root) process.seteuid?.(0);
    }
  });
});
