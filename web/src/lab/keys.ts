/** What of a keyboard event tells which keys are down. */
export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/**
 * Whether an event is the combination: `Mod+Shift+Z`, `F`, `Delete`, `?`. `Mod` is Ctrl, or Cmd
 * on a Mac. Signs are matched as printed, however the layout makes them.
 */
export function matchesKeys(keys: string, event: KeyPress): boolean {
  const parts = keys.split('+');
  const key = parts.at(-1) ?? '';
  const wants = (modifier: string) => parts.slice(0, -1).includes(modifier);
  if (wants('Mod') !== (event.ctrlKey || event.metaKey) || wants('Alt') !== event.altKey) {
    return false;
  }
  if (/^[0-9]$/.test(key)) return event.code === `Digit${key}` && wants('Shift') === event.shiftKey;
  const isSign = key.length === 1 && !/[A-Z]/.test(key);
  if (isSign) return event.key === key;
  return event.key.toLowerCase() === key.toLowerCase() && wants('Shift') === event.shiftKey;
}

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The combination as people on this system write it. */
export const keysText = (keys: string): string =>
  keys.replace('Mod', isMac ? 'Cmd' : 'Ctrl').replace('Delete', 'Del');

const textTypes = new Set(['text', 'search', 'number', 'url', 'email', 'password', '']);

/** Whether keys pressed there are text, so that they are no shortcuts. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLInputElement) return textTypes.has(target.type);
  return target instanceof HTMLSelectElement || target.closest('.xterm') !== null;
}
