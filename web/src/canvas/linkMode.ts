import { connect } from '../lab/actions.ts';
import { linkAnswer, linkEnd, linkTargets } from './linkRules.ts';
import { elementLabel } from '../store/elements.ts';
import type { CanvasNode } from './model.ts';
import { modelPoint, nodeAt, nodeBox, type CanvasParts } from './parts.ts';
import { reveal } from './view.ts';

/** Joining two elements by two clicks, or by the keyboard alone. On while the tool is `link`. */
export interface LinkMode {
  readonly isOn: boolean;
  /** A click while the mode is on. */
  click(node: CanvasNode | undefined): void;
  hover(event: PointerEvent): void;
  /** True if the key was for this mode. */
  key(event: KeyboardEvent): boolean;
  /** The graph changed: candidates are worked out again. */
  update(): void;
  destroy(): void;
}

export function createLinkMode(parts: CanvasParts): LinkMode {
  const { cy, store, sync, overlay, announcer, container } = parts;
  let isOn = false;
  let source: string | undefined;
  let choices: string[] = [];
  let chosen: string | undefined;

  const node = (id: string | undefined) =>
    id === undefined ? undefined : sync.graph.nodes.get(id);

  const mark = () => {
    cy.batch(() => {
      cy.nodes('.candidate, .targeted').removeClass('candidate targeted');
      if (!isOn) return;
      if (source !== undefined) {
        for (const id of choices) cy.getElementById(id).addClass('candidate');
      }
      if (chosen !== undefined) cy.getElementById(chosen).addClass('targeted');
    });
  };

  const prepare = () => {
    const from = node(source);
    if (!from) source = undefined;
    const all = from
      ? linkTargets(sync.graph, from)
      : [...sync.graph.nodes.values()].filter((item) => linkEnd(sync.graph, item) === item);
    choices = all.map(({ id }) => id);
    if (chosen !== undefined && !choices.includes(chosen)) chosen = undefined;
    mark();
  };

  const announce = () => {
    const [from, to] = [node(source), node(chosen)];
    if (!to) {
      if (!from) announcer.say('Connect: choose the first end');
      else if (choices.length === 0) announcer.say(`Nothing can be connected to ${from.label}`);
      else announcer.say(`Connect ${from.label}: choose one of ${choices.length} targets`);
      return;
    }
    const position = `${choices.indexOf(to.id) + 1} of ${choices.length}`;
    const answer = from && linkAnswer(from, to);
    const what = answer?.ok ? answer.label : elementLabel(to.id);
    announcer.say(`${what}, ${position}. Enter to choose, Escape to cancel`);
  };

  const showLine = () => {
    const [from, to] = [node(source), node(chosen)];
    const [start, end] = [nodeBox(cy, source ?? ''), nodeBox(cy, chosen ?? '')];
    if (!from || !to || !start || !end) return overlay.setGhostLine(undefined);
    const answer = linkAnswer(from, to);
    const label = answer.ok ? `${answer.label} (Enter)` : answer.reason;
    overlay.setGhostLine({ from: start, to: end, label, ok: answer.ok });
  };

  const begin = () => {
    isOn = true;
    const first = store.getState().selection.map((id) => sync.graph.shownBy.get(id));
    source = first.map((id) => linkEnd(sync.graph, node(id))?.id).find((id) => id !== undefined);
    chosen = undefined;
    prepare();
    chosen = source === undefined ? undefined : choices[0];
    mark();
    showLine();
    container.focus({ preventScroll: true });
    announce();
  };

  const leave = () => {
    isOn = false;
    source = chosen = undefined;
    choices = [];
    mark();
    overlay.setGhostLine(undefined);
  };

  const choose = (id: string) => {
    if (source === undefined) {
      source = id;
      chosen = undefined;
      prepare();
      chosen = choices[0];
      mark();
      showLine();
      announce();
      return;
    }
    const from = source;
    store.getState().setTool('select');
    if (connect(store.getState(), from, id) !== undefined) announcer.say('Connected');
  };

  const step = (by: 1 | -1) => {
    if (choices.length === 0) return;
    const at = chosen === undefined ? (by > 0 ? -1 : 0) : choices.indexOf(chosen);
    chosen = choices[(at + by + choices.length) % choices.length];
    if (chosen !== undefined) reveal(cy, chosen);
    mark();
    showLine();
    announce();
  };

  const unsubscribe = store.subscribe((now, before) => {
    if (now.tool === before.tool) return;
    if (now.tool === 'link') begin();
    else if (isOn) leave();
  });

  return {
    get isOn() {
      return isOn;
    },
    click(clicked) {
      const end = linkEnd(sync.graph, clicked);
      if (!end) return;
      if (source === undefined || end.id === source) return choose(end.id);
      const from = node(source);
      const answer = from && linkAnswer(from, end);
      if (answer?.ok) choose(end.id);
      else if (answer) announcer.say(answer.reason);
    },
    hover(event) {
      const [from, box] = [node(source), nodeBox(cy, source ?? '')];
      if (!from || !box) return;
      const to = modelPoint(parts, event);
      const end = linkEnd(sync.graph, nodeAt(parts, to));
      const answer = end && end.id !== from.id ? linkAnswer(from, end) : undefined;
      chosen = answer?.ok ? end?.id : undefined;
      mark();
      const label = answer ? (answer.ok ? answer.label : answer.reason) : 'Click the other end';
      overlay.setGhostLine({ from: box, to, label, ok: answer?.ok });
    },
    key({ key, shiftKey }) {
      if (!isOn) return false;
      if (key === 'Tab') step(shiftKey ? -1 : 1);
      else if (key === 'ArrowRight' || key === 'ArrowDown') step(1);
      else if (key === 'ArrowLeft' || key === 'ArrowUp') step(-1);
      else if (key === 'Enter') {
        if (chosen !== undefined) choose(chosen);
      } else return false;
      return true;
    },
    update() {
      if (isOn) prepare();
    },
    destroy: unsubscribe,
  };
}
