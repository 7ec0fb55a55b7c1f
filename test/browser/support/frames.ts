import type { Page } from 'playwright-core';
import type { LiveEvent } from '@cnilab/shared/live/events';

/**
 * Counts the page's frames from its beginning, and keeps in which of them events came from the
 * server. The page's own time goes by frames, of a sixtieth of a second each: on a busy machine it
 * would else draw more seldom, which is not what is counted. To be called before it is opened.
 */
export async function countFrames(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const counted: CountedFrames = { frame: 0, arrived: [] };
    window.countedFrames = counted;
    const ownFrame = window.requestAnimationFrame.bind(window);
    performance.now = () => (counted.frame * 1000) / 60;
    window.requestAnimationFrame = (callback) => ownFrame(() => callback(performance.now()));
    const next = () => {
      counted.frame++;
      ownFrame(next);
    };
    ownFrame(next);
    window.WebSocket = class extends WebSocket {
      constructor(...options: ConstructorParameters<typeof WebSocket>) {
        super(...options);
        // Before the listener of socket.io, which is not there yet.
        this.addEventListener('message', ({ data }) => {
          const text = String(data);
          // A message of socket.io: ["events", LAB, RUN, EVENTS]
          if (!text.startsWith('42["events",')) return;
          const [, , , events]: [string, string, string, LiveEvent[]] = JSON.parse(text.slice(2));
          counted.arrived.push(...events.map((event) => ({ frame: counted.frame, event })));
        });
      }
    };
  });
}

/** What of the page shows an event. */
export interface Sign {
  /** Element ids that are drawn, and that are not drawn any more. */
  drawn?: string[];
  notDrawn?: string[];
  /** Texts of rows of the tree, and of rows that must not be there any more. */
  rows?: string[];
  noRows?: string[];
}

/** Frames from the arrival of the event that made it so to the one that first shows it. */
export interface FramesToShow {
  canvas: number;
  tree: number;
}

/**
 * Waits for a quiet page, then looks for what a change is to show. `shown` counts from the last
 * event before it whose text contains `about`.
 */
export async function expectSign(
  page: Page,
  about: string,
  sign: Sign,
): Promise<{ shown: Promise<FramesToShow> }> {
  const handle = await page.evaluateHandle(startLooking, { about, sign });
  return { shown: handle.evaluate(({ shown }) => shown) };
}

/** Runs in the page. */
async function startLooking({ about, sign }: { about: string; sign: Sign }) {
  const hook = document.querySelector<HTMLElement>('[data-testid=canvas]')?.canvasNode;
  const tree = document.querySelector('[role=treegrid]');
  const counted = window.countedFrames;
  if (!hook || !tree || !counted) throw new Error('The page shows no lab.');
  const { cy } = hook;

  // What was drawn before may still be fading.
  let quiet = 0;
  const onDrawn = () => (quiet = 0);
  cy.on('render', onDrawn);
  while (quiet++ < 20) await new Promise((resolve) => requestAnimationFrame(resolve));
  cy.off('render', onDrawn);

  const { drawn = [], notDrawn = [], rows = [], noRows = [] } = sign;
  const onCanvas = () =>
    drawn.every((id) => {
      const element = hook.cy.getElementById(id);
      return element.nonempty() && element.effectiveOpacity() > 0.2;
    }) && notDrawn.every((id) => hook.cy.getElementById(id).empty());
  const inTree = () => {
    const texts = [...tree.querySelectorAll('[role=row]')].map((row) => row.textContent);
    return (
      rows.every((wanted) => texts.some((text) => text.includes(wanted))) &&
      noRows.every((gone) => !texts.some((text) => text.includes(gone)))
    );
  };
  if (onCanvas() && inTree()) throw new Error(`The page shows it already: ${about}`);
  const start = counted.arrived.length;

  /** The frame in which something is drawn for the first time. */
  const first = (isThere: () => boolean, follow: (look: () => void) => () => void) =>
    new Promise<number>((resolve) => {
      const unfollow = follow(() => {
        if (!isThere()) return;
        unfollow();
        resolve(counted.frame);
      });
    });
  const canvas = first(onCanvas, (look) => {
    cy.on('render', look);
    return () => cy.off('render', look);
  });
  const treeRows = first(inTree, (look) => {
    const observer = new MutationObserver(look);
    observer.observe(tree, { subtree: true, childList: true, characterData: true });
    return () => observer.disconnect();
  });
  const since = async (shown: Promise<number> | undefined): Promise<number> => {
    if (!shown) return 0;
    const frame = await shown;
    const cause = counted.arrived
      .slice(start)
      .findLast((item) => item.frame <= frame && JSON.stringify(item.event).includes(about));
    if (!cause) throw new Error(`No event told of ${about}.`);
    return frame - cause.frame;
  };
  const shown = (async () => ({
    canvas: await since(drawn.length + notDrawn.length > 0 ? canvas : undefined),
    tree: await since(rows.length + noRows.length > 0 ? treeRows : undefined),
  }))();
  return { shown };
}

interface CountedFrames {
  frame: number;
  arrived: { frame: number; event: LiveEvent }[];
}

declare global {
  interface Window {
    countedFrames?: CountedFrames;
  }
}
