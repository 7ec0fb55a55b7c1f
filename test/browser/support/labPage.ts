import type { Locator, Page } from 'playwright-core';
import type { CanvasHook } from '../../../web/src/canvas/hook.ts';

/** Pixels of the window. */
export type Point = NonNullable<ReturnType<CanvasHook['positionOf']>>;

export type DockName =
  'Problems' | 'Text' | 'Events' | 'Firewall' | 'Flows' | 'Probe' | 'Checks' | 'Operations';

/** An open lab, in the words of somebody who uses it. Everything waits until it is so. */
export class LabPage {
  readonly page: Page;
  readonly canvas: Locator;
  readonly inspector: Locator;
  readonly dock: Locator;
  readonly tree: Locator;
  /** The words that say what the picture is: design, live, lost. */
  readonly mode: Locator;

  constructor(page: Page) {
    this.page = page;
    this.canvas = page.getByTestId('canvas');
    this.inspector = page.getByRole('complementary', { name: 'Inspector' });
    this.dock = page.getByRole('region', { name: 'Dock' });
    this.tree = page.getByRole('treegrid', { name: 'Elements of the lab' });
    this.mode = page.locator('output[data-mode]');
  }

  async isOpen(): Promise<void> {
    await this.page.waitForFunction(
      () => document.querySelector<HTMLElement>('[data-testid=canvas]')?.canvasNode !== undefined,
    );
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  paletteButton(item: string): Locator {
    return this.page
      .getByRole('complementary', { name: 'Add and find' })
      .getByRole('button', { name: item, exact: true });
  }

  /** Middle of a drawn element in the window, once it has come to rest. */
  async positionOf(element: string): Promise<Point> {
    await this.isDrawn(element);
    const handle = await this.page.waitForFunction((id) => {
      const hook = document.querySelector<HTMLElement>('[data-testid=canvas]')?.canvasNode;
      if (!hook || hook.cy.animated() || hook.cy.elements().is(':animated')) return undefined;
      return hook.positionOf(id);
    }, element);
    const point = await handle.jsonValue();
    if (!point) throw new Error(`${element} is not drawn.`);
    return point;
  }

  /** Where an element is in the picture, whatever part of it is shown. */
  async placeOf(element: string): Promise<Point> {
    await this.positionOf(element);
    return this.canvas.evaluate((canvas: HTMLElement, id) => {
      const hook = canvas.canvasNode;
      if (!hook) throw new Error('The canvas is gone.');
      return { ...hook.cy.getElementById(id).position() };
    }, element);
  }

  /** Middle of the canvas. */
  async middle(): Promise<Point> {
    const box = await this.canvas.boundingBox();
    if (!box) throw new Error('The canvas is not shown.');
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  async isDrawn(element: string): Promise<void> {
    await this.page.waitForFunction(
      (id) =>
        document.querySelector<HTMLElement>('[data-testid=canvas]')?.canvasNode?.positionOf(id) !==
        undefined,
      element,
    );
  }

  async isNotDrawn(element: string): Promise<void> {
    await this.page.waitForFunction(
      (id) =>
        document.querySelector<HTMLElement>('[data-testid=canvas]')?.canvasNode?.positionOf(id) ===
        undefined,
      element,
    );
  }

  /** Ids of what is drawn. */
  drawn(): Promise<string[]> {
    return this.canvas.evaluate(
      (element: HTMLElement) => element.canvasNode?.drawn().toSorted() ?? [],
    );
  }

  async click(element: string, modifiers: ('Shift' | 'Control')[] = []): Promise<void> {
    const { x, y } = await this.positionOf(element);
    for (const key of modifiers) await this.page.keyboard.down(key);
    await this.page.mouse.click(x, y);
    for (const key of modifiers) await this.page.keyboard.up(key);
  }

  async doubleClick(element: string): Promise<void> {
    const { x, y } = await this.positionOf(element);
    await this.page.mouse.dblclick(x, y);
  }

  /** A double click on a host's name: in its middle there is something else. */
  async doubleClickTitle(element: string): Promise<void> {
    await this.positionOf(element);
    const corner = await this.canvas.evaluate((canvas: HTMLElement, id) => {
      const { left, top } = canvas.getBoundingClientRect();
      const box = canvas.canvasNode?.cy.getElementById(id).renderedBoundingBox({});
      return box && { x: left + box.x1 + 40, y: top + box.y1 + 20 };
    }, element);
    if (!corner) throw new Error(`${element} is not drawn.`);
    await this.page.mouse.dblclick(corner.x, corner.y);
  }

  /** Drags an item of the palette to a place in the window. */
  async dropAt(item: string, { x, y }: Point): Promise<void> {
    const box = await this.canvas.boundingBox();
    if (!box) throw new Error('The canvas is not shown.');
    await this.paletteButton(item).dragTo(this.canvas, {
      targetPosition: { x: x - box.x, y: y - box.y },
    });
  }

  async dropOnto(item: string, element: string, by: Point = { x: 0, y: 0 }): Promise<void> {
    const { x, y } = await this.positionOf(element);
    await this.dropAt(item, { x: x + by.x, y: y + by.y });
  }

  /** Drags the handle of one element onto another. */
  async drawEdge(from: string, to: string): Promise<void> {
    const { mouse } = this.page;
    const start = await this.positionOf(from);
    const end = await this.positionOf(to);
    await mouse.move(start.x, start.y, { steps: 4 });
    const handle = this.page.getByTitle('Drag to connect');
    await handle.waitFor();
    const box = await handle.boundingBox();
    if (!box) throw new Error(`${from} has no handle.`);
    await mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await mouse.down();
    await mouse.move(end.x, end.y, { steps: 8 });
    await mouse.up();
  }

  /** Drags an element to another place in the window. */
  async move(element: string, by: Point): Promise<void> {
    const { mouse } = this.page;
    const { x, y } = await this.positionOf(element);
    await mouse.move(x, y);
    await mouse.down();
    await mouse.move(x + by.x, y + by.y, { steps: 8 });
    await mouse.up();
  }

  async openDock(name: DockName): Promise<void> {
    const tab = this.dock.getByRole('tab', { name: new RegExp(`^${name}`) });
    await tab.click();
    await this.dock.getByRole('tabpanel', { name: new RegExp(`^${name}`) }).waitFor();
  }

  async openInspector(name: 'Design' | 'Kernel' | 'CNI'): Promise<void> {
    await this.inspector.getByRole('tab', { name }).click();
  }

  /** Deploys, or deploys changes, and waits until everything is up. */
  async deploy(): Promise<void> {
    await this.button(/^Deploy( changes)?$/).click();
    await this.isUp();
  }

  /** Everything of the design runs as it was drawn. */
  async isUp(): Promise<void> {
    await this.mode.filter({ hasText: /^Live · \d+ up$/ }).waitFor({ timeout: 30_000 });
  }

  /** Runs an entry of the command palette by its exact label, with the keyboard. */
  async command(label: string): Promise<void> {
    await this.page.keyboard.press('Control+k');
    const palette = this.page.getByRole('dialog', { name: 'Commands and search' });
    await palette.getByRole('searchbox').waitFor();
    await this.page.keyboard.type(label);
    await palette.getByRole('menuitem', { name: label }).first().waitFor();
    await this.page.keyboard.press('Enter');
    await palette.waitFor({ state: 'hidden' });
  }

  /** Sends a probe from the Probe tab, which must be open. */
  async probe(kind: 'ping' | 'tcp' | 'udp' | 'http', from: string, to: string, port?: number) {
    const panel = this.dock.getByRole('tabpanel', { name: 'Probe' });
    await panel.getByLabel('Probe', { exact: true }).selectOption(kind);
    await panel.getByLabel('from', { exact: true }).selectOption(from);
    await panel.getByLabel('to', { exact: true }).fill(to);
    if (port !== undefined) await panel.getByLabel('port', { exact: true }).fill(String(port));
    const before = await panel.getByRole('listitem').count();
    await panel.getByRole('button', { name: 'Send' }).click();
    await panel.getByRole('listitem').nth(before).waitFor({ timeout: 20_000 });
    await panel.getByRole('button', { name: 'Send', disabled: false }).waitFor();
  }

  /** The newest probe's line. */
  get lastProbe(): Locator {
    return this.dock.getByRole('tabpanel', { name: 'Probe' }).getByRole('listitem').first();
  }

  row(name: string | RegExp): Locator {
    return this.tree.getByRole('row', { name });
  }

  get editor(): Locator {
    return this.page.getByRole('textbox', { name: 'Text of the lab' });
  }

  /** Types at the very beginning of the lab's text. */
  async typeAtStart(text: string): Promise<void> {
    await this.editor.click();
    await this.page.keyboard.press('Control+Home');
    await this.page.keyboard.type(text);
  }

  /** Types at the very end of the lab's text. */
  async typeAtEnd(text: string): Promise<void> {
    await this.editor.click();
    await this.page.keyboard.press('Control+End');
    await this.page.keyboard.type(text);
  }

  /** Types another text over the first occurrence of one that the editor shows. */
  async replaceInText(old: string, text: string): Promise<void> {
    await this.editor.click();
    await this.page.keyboard.press('Control+Home');
    await this.editor.evaluate((element: HTMLElement, wanted) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.textContent?.indexOf(wanted) ?? -1;
        if (at >= 0) {
          getSelection()?.setBaseAndExtent(node, at, node, at + wanted.length);
          return;
        }
      }
      throw new Error(`The text does not show ${wanted}.`);
    }, old);
    await this.page.keyboard.insertText(text);
  }
}
