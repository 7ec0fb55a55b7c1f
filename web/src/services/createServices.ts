import { applyEdits } from '@cnilab/shared/lab/edits';
import { parseLab } from '@cnilab/shared/lab/parse';
import { reduceAll } from '@cnilab/shared/live/reducer';
import { createApi } from './api.ts';
import { clock } from './clock.ts';
import type { LabServices } from './services.ts';
import { createSocket } from './socket.ts';

/** The real services of the page. */
export function createServices(): LabServices {
  return {
    parse: (text) => parseLab(text),
    applyEdits,
    reduce: reduceAll,
    api: createApi(),
    socket: createSocket(),
    clock,
  };
}
