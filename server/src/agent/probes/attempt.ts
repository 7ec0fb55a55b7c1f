import type { CheckResult } from '@cnilab/shared/protocol/checks';

/** What one attempt of a check found. */
export interface Attempt {
  ok: boolean;
  got: CheckResult['got'];
  /** What was expected and what was seen, in one sentence. */
  message: string;
}

/** An attempt that saw nothing, and why. */
export const failed = (message: string): Attempt => ({
  ok: false,
  got: { error: message },
  message,
});

/** Text of a check that is `/regex/flags` or a plain part of what is looked for. */
export function textMatcher(pattern: string): (text: string) => boolean {
  const match = /^\/(.+)\/([dgimsuy]*)$/s.exec(pattern);
  if (!match) return (text) => text.includes(pattern);
  const [, source = '', flags = ''] = match;
  // With g or y a RegExp would go on where it stopped in the text before.
  const regex = compile(source, flags.replace(/[gy]/g, ''), pattern);
  return (text) => regex.test(text);
}

function compile(source: string, flags: string, pattern: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new Error(`${pattern} is no regular expression`, { cause: error });
  }
}

/** `text` at a length that fits a sentence, on one line. */
export function excerpt(text: string, length = 200): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length <= length ? line : `${line.slice(0, length)}…`;
}

export const errorText = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
