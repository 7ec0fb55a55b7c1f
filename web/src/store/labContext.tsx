import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { LabStore, LabStoreApi } from './labStore.ts';

const LabContext = createContext<LabStoreApi | undefined>(undefined);

/** Gives the store of the open lab to everything below. */
export const LabProvider = LabContext.Provider;

/** The store of the open lab, for subscriptions outside React's rendering. */
export function useLabStore(): LabStoreApi {
  const store = useContext(LabContext);
  if (!store) throw new Error('useLabStore is used outside of a LabProvider');
  return store;
}

/** One part of the open lab's state; the component renders again when that part changes. */
export function useLab<T>(selector: (state: LabStore) => T): T {
  return useStore(useLabStore(), selector);
}
