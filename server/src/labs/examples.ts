import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from '@cnilab/shared/protocol/api';
import { installed } from '../root.ts';
import { nameOf, summaryOf } from './labText.ts';

type Example = Api['listExamples']['output'][number];

const suffix = '.lab.yaml';

/** The labs that come with cnilab, by file name. */
export async function listExamples(folder = installed('examples')): Promise<Example[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(suffix)).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(folder, file), 'utf8');
      const id = file.slice(0, -suffix.length);
      return { id, name: nameOf(text) ?? id, description: summaryOf(text).description ?? '', text };
    }),
  );
}
