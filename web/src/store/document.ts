import type { Diagnostic } from '@cnilab/shared/lab/diagnostics';
import type { Edit } from '@cnilab/shared/lab/edits';
import type { Lab } from '@cnilab/shared/lab/schema';
import { problemText, ServerProblem, ServerUnreachable } from '../services/problems.ts';
import type { SliceContext } from './labStore.ts';

/** The document: its text is the truth, everything else here is derived from it. */
export interface DocumentState {
  name: string;
  /** False until the document came from the server. */
  loaded: boolean;
  text: string;
  /** Hash of the text that the server has. */
  revision: string;
  /** The last text that could be read as a lab: what the canvas draws. */
  lab: Lab | undefined;
  /** False while the present text is no lab; `lab` is then that of an earlier text. */
  textValid: boolean;
  diagnostics: Diagnostic[];
  saving: 'saved' | 'saving' | 'conflict' | 'offline' | 'refused';
  /** Applies edits to the text, as one step of undo. */
  edit: (edits: Edit[], label: string) => void;
  setText: (text: string) => void;
  undo: () => void;
  redo: () => void;
  /** What undo would take back, newest last; the labels are shown. */
  undoStack: HistoryEntry[];
  redoStack: HistoryEntry[];
  /** After a conflict: save over the other version, or drop this one for it (undoable). */
  resolveConflict: (keep: 'mine' | 'theirs') => Promise<void>;
  /** Something that went wrong outside the view: shown as a note until it is dismissed. */
  problem: { title: string; message: string } | undefined;
  showProblem: (title: string, thrown: unknown) => void;
  dismissProblem: () => void;
}

export interface HistoryEntry {
  text: string;
  label: string;
}

const undoLimit = 200;
const editDelayMs = 300;
/** Typing is saved later than edits: half a word is nobody's business. */
const typingDelayMs = 900;
/** Key strokes closer together than this are one step of undo. */
const typingJoinMs = 1500;
const retryMs = 3000;
const typingLabel = 'Typing';

export function createDocument(firstName: string, { set, get, services }: SliceContext) {
  const { api, clock, socket } = services;
  let cancelSave: (() => void) | undefined;
  let writing: Promise<void> | undefined;
  let lastTyped = -Infinity;
  /** The text of `revision`. */
  let savedText: string | undefined;
  const undos: (() => void)[] = [];

  const adopt = (text: string) => {
    const { lab, diagnostics } = services.parse(text);
    set({ text, diagnostics, textValid: lab !== undefined, lab: lab ?? get().lab });
  };

  const change = (text: string, label: string) => {
    const before = get();
    if (text === before.text) return;
    const now = clock.now();
    const typing = label === typingLabel;
    const joins =
      typing && now - lastTyped < typingJoinMs && before.undoStack.at(-1)?.label === typingLabel;
    if (!joins) {
      const entry = { text: before.text, label };
      set({ undoStack: [...before.undoStack, entry].slice(-undoLimit) });
    }
    lastTyped = typing ? now : -Infinity;
    set({ redoStack: [] });
    adopt(text);
    scheduleSave(typing ? typingDelayMs : editDelayMs);
  };

  const scheduleSave = (delay: number) => {
    cancelSave?.();
    cancelSave = undefined;
    if (get().saving === 'conflict') return;
    if (get().text === savedText) return set({ saving: 'saved' });
    set({ saving: 'saving' });
    cancelSave = clock.later(() => {
      cancelSave = undefined;
      void flush();
    }, delay);
  };

  /** Saves what is unsaved, one request at a time; resolves when nothing more can be done now. */
  const flush = async (): Promise<void> => {
    cancelSave?.();
    cancelSave = undefined;
    if (writing) {
      await writing;
      return flush();
    }
    const { text, name, revision, saving, loaded } = get();
    if (!loaded || text === savedText || saving === 'conflict') return;
    set({ saving: 'saving' });
    writing = save(name, text, revision).finally(() => {
      writing = undefined;
    });
    await writing;
    if (get().saving === 'saving') await flush();
  };

  const save = async (name: string, text: string, base: string): Promise<void> => {
    try {
      const saved = await api.call('saveLab', { lab: name, text, base });
      savedText = text;
      set({
        name: saved.name,
        revision: saved.revision,
        saving: get().text === text ? 'saved' : 'saving',
      });
    } catch (thrown) {
      await saveFailed(thrown, name, base);
    }
  };

  const saveFailed = async (thrown: unknown, name: string, base: string): Promise<void> => {
    if (thrown instanceof ServerUnreachable) {
      set({ saving: 'offline' });
      cancelSave = clock.later(() => void flush(), retryMs);
      return;
    }
    if (thrown instanceof ServerProblem && thrown.problem.code === 'conflict') {
      // A conflict is either another version of this lab, or a new name that is another lab's.
      const there = await api.call('getLab', { lab: name }).catch(() => undefined);
      if (there && there.revision !== base) return set({ saving: 'conflict' });
    }
    set({
      saving: 'refused',
      problem: { title: 'The lab could not be saved.', message: problemText(thrown) },
    });
  };

  const load = async (): Promise<void> => {
    const document = await api.call('getLab', { lab: get().name });
    savedText = document.text;
    set({ revision: document.revision, saving: 'saved', loaded: true });
    adopt(document.text);
  };

  /** Somebody else saved: take it over when nothing is unsaved here, else it is a conflict. */
  const savedElsewhere = async (revision: string): Promise<void> => {
    await writing;
    if (revision === get().revision || !get().loaded) return;
    if (get().text !== savedText) return set({ saving: 'conflict' });
    await takeTheirs('Change by someone else');
  };

  const takeTheirs = async (label: string): Promise<void> => {
    const before = get().text;
    const document = await api.call('getLab', { lab: get().name });
    savedText = document.text;
    set({ revision: document.revision, saving: 'saved' });
    if (document.text === before) return;
    set({
      undoStack: [...get().undoStack, { text: before, label }].slice(-undoLimit),
      redoStack: [],
    });
    adopt(document.text);
  };

  const step = (from: 'undoStack' | 'redoStack', to: 'undoStack' | 'redoStack') => {
    const entry = get()[from].at(-1);
    if (!entry) return;
    lastTyped = -Infinity;
    const { text } = get();
    set({
      [from]: get()[from].slice(0, -1),
      [to]: [...get()[to], { text, label: entry.label }],
    });
    adopt(entry.text);
    scheduleSave(editDelayMs);
  };

  const showProblem = (title: string, thrown: unknown) =>
    set({ problem: { title, message: problemText(thrown) } });

  const state: DocumentState = {
    name: firstName,
    loaded: false,
    text: '',
    revision: '',
    lab: undefined,
    textValid: true,
    diagnostics: [],
    saving: 'saved',
    edit: (edits, label) => {
      if (!get().loaded || edits.length === 0) return;
      try {
        change(services.applyEdits(get().text, edits), label);
      } catch (thrown) {
        showProblem(`“${label}” could not be done.`, thrown);
      }
    },
    setText: (text) => change(text, typingLabel),
    undo: () => step('undoStack', 'redoStack'),
    redo: () => step('redoStack', 'undoStack'),
    undoStack: [],
    redoStack: [],
    resolveConflict: async (keep) => {
      try {
        if (keep === 'theirs') return await takeTheirs('Take the other version');
        const there = await api.call('getLab', { lab: get().name });
        savedText = there.text;
        set({ revision: there.revision, saving: 'saving' });
        await flush();
      } catch (thrown) {
        showProblem('The conflict could not be resolved.', thrown);
      }
    },
    problem: undefined,
    showProblem,
    dismissProblem: () => set({ problem: undefined }),
  };

  return {
    state,
    flush,
    async open() {
      undos.push(
        socket.on('saved', (lab, revision) => {
          if (lab !== get().name) return;
          savedElsewhere(revision).catch((e: unknown) =>
            showProblem('The other version could not be read.', e),
          );
        }),
        socket.onConnection((connected) => {
          if (connected && get().saving === 'offline') void flush();
        }),
      );
      await load();
    },
    async close() {
      for (const undo of undos.splice(0)) undo();
      await flush();
      cancelSave?.();
    },
  };
}
