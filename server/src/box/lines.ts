import type { Readable } from 'node:stream';

/** Longest line that is read: a snapshot of a large lab is a few MiB. */
const maxLineBytes = 64 * 1024 * 1024;

/** Calls back for each line of UTF-8 text; a longer line than 64 MiB is reported as broken. */
export function readLines(
  stream: Readable,
  onLine: (line: string) => void,
  onBroken: (error: Error) => void,
): void {
  let parts: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(10, start);
      if (end < 0) break;
      parts.push(chunk.subarray(start, end));
      const line = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      parts = [];
      length = 0;
      start = end + 1;
      if (line?.length) onLine(line.toString('utf8'));
    }
    if (start === chunk.length) return;
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > maxLineBytes) {
      parts = [];
      length = 0;
      onBroken(new Error(`a line is longer than ${maxLineBytes} bytes`));
    }
  });
}
