import { pathOfElement } from '@cnilab/shared/lab/elementId';
import { rename } from '@cnilab/shared/lab/buildRename';
import type { Edit } from '@cnilab/shared/lab/edits';
import { useLab, useLabStore } from '../store/labContext.tsx';
import { elementLabel } from '../store/elements.ts';

type Key = string | number;
type Value = Extract<Edit, { edit: 'set' }>['value'];

/** Changes of one element of the document, each one step of undo. */
export interface ElementEdit {
  /** Sets a value below the element; undefined takes the key away. */
  set: (path: readonly Key[], value: Value | undefined) => void;
  append: (path: readonly Key[], value: Value) => void;
  remove: (path: readonly Key[]) => void;
  /** Another name, wherever the document uses it; the selection goes along. */
  rename: (name: string) => void;
}

/** Undefined when the document does not have the element. */
export function useElementEdit(id: string): ElementEdit | undefined {
  const store = useLabStore();
  const exists = useLab((s) => s.lab !== undefined && pathOfElement(s.lab, id) !== undefined);
  if (!exists) return undefined;
  const edit = (make: (base: Key[]) => Edit[]) => {
    const { lab, edit: apply } = store.getState();
    // The element may have moved since this was drawn.
    const base = lab && pathOfElement(lab, id);
    if (base) apply(make(base), `Change ${elementLabel(id)}`);
  };
  return {
    set: (path, value) =>
      edit((base) => [
        value === undefined
          ? { edit: 'delete', path: [...base, ...path] }
          : { edit: 'set', path: [...base, ...path], value },
      ]),
    append: (path, value) => edit((base) => [{ edit: 'append', path: [...base, ...path], value }]),
    remove: (path) => edit((base) => [{ edit: 'delete', path: [...base, ...path] }]),
    rename: (name) => {
      const { lab, edit: apply, select } = store.getState();
      if (!lab) return;
      apply(rename(lab, id, name), `Rename ${elementLabel(id)}`);
      select([renamedId(id, name)]);
    },
  };
}

/** `pod:node1/web` called `db` is `pod:node1/db`. */
export function renamedId(id: string, name: string): string {
  const end = Math.max(id.lastIndexOf('/'), id.indexOf(':'));
  return id.slice(0, end + 1) + name;
}
