import type { Cause } from './events.ts';

/** What a person would call it: `bridge ADD of web`, `ip link add br7 type bridge`, `cnilab`. */
export function causeName(cause: Cause): string {
  switch (cause.by) {
    case 'step':
      return `${cause.plugin} ${cause.command}${cause.pod ? ` of ${cause.pod}` : ''}`;
    case 'command':
      return cause.line.trim().replaceAll(/\s*\n\s*/g, ' ⏎ ') || 'a command that was not told';
    case 'agent':
      return 'cnilab';
  }
}

/** `by bridge ADD of web`; with doubts `perhaps by …`, and `because of …` for what came later. */
export function causeText(cause: Cause): string {
  const { shared = false, late = false } = cause.by === 'agent' ? {} : cause;
  return `${shared ? 'perhaps ' : ''}${late ? 'because of' : 'by'} ${causeName(cause)}`;
}
