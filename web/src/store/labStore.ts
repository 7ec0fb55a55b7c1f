import { createStore, type StoreApi } from 'zustand/vanilla';
import type { LabServices } from '../services/services.ts';
import { createDocument, type DocumentState } from './document.ts';
import { createLive, type LiveState } from './live.ts';
import { createLooks, type LookState } from './looks.ts';
import { createOperate, type OperateState } from './operate.ts';
import { createProbes, type ProbeState } from './probes.ts';
import { createView, type ViewState } from './view.ts';

/** Everything that is known about one open lab: its text, its live state, and what is looked at. */
export type LabStore = DocumentState &
  LiveState &
  LookState &
  ViewState &
  ProbeState &
  OperateState;
export type LabStoreApi = StoreApi<LabStore>;

/** How slices read and write the whole store. */
export interface SliceContext {
  set: (part: Partial<LabStore>) => void;
  get: () => LabStore;
  services: LabServices;
}

/** A store with the life of its lab. */
export interface OpenLab extends LabStoreApi {
  /** Loads the document and watches the box. */
  open: () => Promise<void>;
  /** Saves what is unsaved. */
  flush: () => Promise<void>;
  /** Saves what is unsaved and lets go of everything. */
  close: () => Promise<void>;
}

/** The store of one lab, to be opened. */
export function createLabStore(name: string, services: LabServices): OpenLab {
  let document: ReturnType<typeof createDocument> | undefined;
  let live: ReturnType<typeof createLive> | undefined;
  let looks: ReturnType<typeof createLooks> | undefined;
  const store = createStore<LabStore>()((set, get) => {
    const context: SliceContext = { set, get, services };
    document = createDocument(name, context);
    live = createLive(context, () => document?.flush() ?? Promise.resolve());
    looks = createLooks(context);
    return {
      ...document.state,
      ...live.state,
      ...looks.state,
      ...createProbes(context),
      ...createOperate(context),
      ...createView(context),
    };
  });
  const unsubscribe = store.subscribe((now, before) => {
    if (now.name === before.name) return;
    live?.renamed(before.name);
    looks?.renamed(before.name);
  });
  return Object.assign(store, {
    async open() {
      live?.open();
      looks?.open();
      await document?.open();
    },
    flush: () => document?.flush() ?? Promise.resolve(),
    async close() {
      unsubscribe();
      live?.close();
      looks?.close();
      await document?.close();
    },
  });
}
