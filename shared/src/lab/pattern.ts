/** Why a pattern written as `/regex/flags` is none; undefined = it is fine, or a plain substring. */
export function regexProblem(pattern: string): string | undefined {
  const parts = /^\/(.+)\/([dgimsuy]*)$/s.exec(pattern);
  if (!parts) return undefined;
  try {
    new RegExp(parts[1] ?? '', parts[2] ?? '').test('');
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message.replace(/^.*: /, '') : String(cause);
  }
}
