import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './Button.tsx';

const shownMs = 1500;

/** Copies a text; says so for a moment. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), shownMs);
    return () => clearTimeout(timer);
  }, [state]);
  const words = { idle: `Copy ${what}`, copied: 'Copied', failed: 'The browser refused to copy' };
  return (
    <IconButton
      small
      label={words[state]}
      icon={state === 'copied' ? Check : Copy}
      onPress={() => {
        copy(text).then(
          () => setState('copied'),
          () => setState('failed'),
        );
      }}
    />
  );
}

/** Pages that are not served from loopback or over https have no clipboard object. */
async function copy(text: string): Promise<void> {
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (!clipboard) throw new Error('no clipboard');
  await clipboard.writeText(text);
}
