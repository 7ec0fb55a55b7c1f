import type { Diagnostic } from '@cnilab/shared/lab/diagnostics';
import type { Edit } from '@cnilab/shared/lab/edits';
import type { Lab } from '@cnilab/shared/lab/schema';
import type { LiveEvent, Snapshot } from '@cnilab/shared/live/events';
import type { CheckResult } from '@cnilab/shared/protocol/checks';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { LabServices } from '../services/services.ts';
import { createDocument, type DocumentState } from './document.ts';
import { createLive, type LiveState } from './live.ts';
import { createProbes, type ProbeState } from './probes.ts';
import { createView, type ViewState } from './view.ts';

/** Everything that is known about one open lab: its text, its live state, and what is looked at. */
export type LabStore = DocumentState & LiveState & ViewState & ProbeState;
export type LabStoreApi = StoreApi<LabStore>;

/** How slices read and write the whole store. */
export interface SliceContext {
  set(part: Partial<LabStore>): void;
  get(): LabStore;
  services: LabServices;
}

/**
 * The store of one lab. `open()` loads the document and watches the box; `close()` saves what is
 * unsaved and lets go of everything.
 */
export function createLabStore(
  name: string,
  services: LabServices,
): LabStoreApi & { open(): Promise<void>; close(): Promise<void> } {
  let document: ReturnType<typeof createDocument> | undefined;
  let live: ReturnType<typeof createLive> | undefined;
  const store = createStore<LabStore>()((set, get) => {
    const context: SliceContext = { set, get, services };
    document = createDocument(name, context);
    live = createLive(context, () => document?.flush() ?? Promise.resolve());
    return {
      ...document.state,
      ...live.state,
      ...createProbes(context),
      ...createView(context),
    };
  });
  return Object.assign(store, {
    async open() {
      live?.open();
      await document?.open();
    },
    async close() {
      live?.close();
      await document?.close();
    },
  });
}

export type { CheckResult, Diagnostic, Edit, Lab, LiveEvent, Snapshot };
