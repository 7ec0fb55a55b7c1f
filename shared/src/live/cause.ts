import type { Cause } from './events.ts';

/** What a person would call it: `bridge ADD of web`, `ip link add br7 type bridge`, `cnilab`. */
function causeName(cause: Cause): string {
  if (cause.by === 'agent') return 'cnilab';
  if (cause.by === 'step') {
    return `${cause.plugin} ${cause.command}${cause.pod ? ` of ${cause.pod}` : ''}`;
  }
  return cause.line.trim().replaceAll(/\s*\n\s*/g, ' ⏎ ') || 'a command that was not told';
}

/** `by bridge ADD of web`; with doubts `perhaps by …`, and `because of …` for what came later. */
export function causeText(cause: Cause): string {
  const isShared = cause.by !== 'agent' && cause.shared === true;
  return `${isShared ? 'perhaps ' : ''}${cause.late ? 'because of' : 'by'} ${causeName(cause)}`;
}
