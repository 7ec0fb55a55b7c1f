import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics, type Diagnostic as Mark } from '@codemirror/lint';
import { Annotation, EditorSelection, Prec, type Text } from '@codemirror/state';
import { keymap } from '@codemirror/view';
import { readText } from '@cnilab/shared/lab/document';
import type { Diagnostic } from '@cnilab/shared/lab/diagnostics';
import { pathOfElement } from '@cnilab/shared/lab/elementId';
import { tags } from '@lezer/highlight';
import { basicSetup, EditorView } from 'codemirror';
import { useEffect, useRef } from 'react';
import { allElements } from '../store/elements.ts';
import { useLabStore } from '../store/labContext.tsx';
import type { LabStore, LabStoreApi } from '../store/labStore.ts';
import styles from './TextPanel.module.css';
import { elementAt, textChange } from './textSync.ts';

/** Marks changes that come from the store, so that they do not go back to it. */
const fromStore = Annotation.define<boolean>();

/** The document's text. What is typed here is the lab; what is done on the canvas is typed here. */
export function TextPanel() {
  const place = useRef<HTMLDivElement>(null);
  const store = useLabStore();
  useEffect(() => {
    if (!place.current) return;
    const view = createEditor(place.current, store);
    showDiagnostics(view, store.getState().diagnostics);
    showElement(view, store.getState());
    const unsubscribe = store.subscribe((now, before) => {
      if (now.text !== before.text) {
        const changes = textChange(view.state.doc.toString(), now.text);
        if (changes) view.dispatch({ changes, annotations: fromStore.of(true) });
      }
      if (now.diagnostics !== before.diagnostics) showDiagnostics(view, now.diagnostics);
      if (now.selection !== before.selection && !view.hasFocus) showElement(view, now);
    });
    return () => {
      unsubscribe();
      view.destroy();
    };
  }, [store]);
  return <div ref={place} className={styles['editor']} />;
}

function createEditor(parent: HTMLElement, store: LabStoreApi): EditorView {
  // There is one history, the store's: it holds what was done on the canvas as well.
  const history = keymap.of([
    { key: 'Mod-z', run: () => (store.getState().undo(), true) },
    { key: 'Mod-Shift-z', run: () => (store.getState().redo(), true) },
    { key: 'Mod-y', run: () => (store.getState().redo(), true) },
  ]);
  return new EditorView({
    parent,
    doc: store.getState().text,
    extensions: [
      Prec.highest(history),
      basicSetup,
      yaml(),
      lintGutter(),
      syntaxHighlighting(colors),
      EditorView.contentAttributes.of({ 'aria-label': 'Text of the lab', tabindex: '0' }),
      EditorView.updateListener.of((update) => {
        const typed = update.transactions.some((tr) => tr.docChanged && !tr.annotation(fromStore));
        if (typed) store.getState().setText(update.state.doc.toString());
        const moved = update.selectionSet && !update.docChanged && update.view.hasFocus;
        if (moved) selectAt(store.getState(), update.state.selection.main.head);
      }),
    ],
  });
}

/** What the cursor is in becomes the selection. */
function selectAt(lab: LabStore, offset: number): void {
  if (!lab.lab || !lab.textValid) return;
  const read = readText(lab.text);
  const { lab: document } = lab;
  const starts = allElements(document).flatMap((element) => {
    const path = pathOfElement(document, element);
    return path ? [{ element, offset: lineStart(lab.text, read.locate(path)) }] : [];
  });
  const element = elementAt(offset, starts);
  if (element) lab.select([element]);
}

const lineStart = (text: string, offset: number) => text.lastIndexOf('\n', offset - 1) + 1;

/** Scrolls to the selected element and puts the cursor there. */
function showElement(view: EditorView, { lab, text, textValid, selection }: LabStore): void {
  const [element] = selection;
  if (!lab || !textValid || element === undefined) return;
  const path = pathOfElement(lab, element);
  if (!path) return;
  const offset = Math.min(readText(text).locate(path), view.state.doc.length);
  view.dispatch({
    selection: EditorSelection.cursor(offset),
    effects: EditorView.scrollIntoView(offset, { y: 'start', yMargin: 30 }),
  });
}

function showDiagnostics(view: EditorView, diagnostics: readonly Diagnostic[]): void {
  const { doc } = view.state;
  const marks = diagnostics.map(({ severity, message, line, column }): Mark => ({
    ...range(doc, line ?? 1, column ?? 1),
    severity: severity === 'hint' ? 'info' : severity,
    message,
  }));
  view.dispatch(setDiagnostics(view.state, marks));
}

/** From a place to the end of its line. */
function range(doc: Text, line: number, column: number): { from: number; to: number } {
  const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
  const start = Math.min(from + column - 1, to);
  return { from: start, to };
}

const colors = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.string, tags.content], color: 'var(--text)' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: 'var(--bridge)' },
  { tag: tags.comment, color: 'var(--text-3)', fontStyle: 'italic' },
  {
    tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace],
    color: 'var(--text-2)',
  },
]);
