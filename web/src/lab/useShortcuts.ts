import { useEffect } from 'react';
import { useLabStore } from '../store/labContext.tsx';
import { matchesKeys, takesText } from './keys.ts';
import { commands, type Overlay } from './shortcuts.ts';

/** Listens to the keys of `shortcuts.ts` for as long as the lab is on the screen. */
export function useShortcuts(
  overlay: Overlay | undefined,
  showOverlay: (overlay: Overlay | undefined) => void,
): void {
  const store = useLabStore();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || overlay || isInDialog(event.target)) return;
      const command = commands.find(({ keys }) => keys?.some((k) => matchesKeys(k, event)));
      if (!command) return;
      // While typing, only the palette is a shortcut: everything else belongs to the field.
      if (takesText(event.target) && command.id !== 'commands') return;
      if (command.id === 'deselect' && isInPopover()) return;
      const lab = store.getState();
      event.preventDefault();
      event.stopPropagation();
      if (command.isEnabled?.(lab) === false) return;
      command.run({ lab, showOverlay });
    };
    // In the capture phase: lists and trees would take letters for a search of their own.
    addEventListener('keydown', onKeyDown, { capture: true });
    return () => removeEventListener('keydown', onKeyDown, { capture: true });
  }, [store, overlay, showOverlay]);
}

const isInDialog = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('[role="dialog"], [role="menu"], [role="listbox"]') !== null;

const isInPopover = (): boolean => document.querySelector('[data-trigger]') !== null;
