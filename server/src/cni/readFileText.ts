import { closeSync, constants, openSync, readSync } from 'node:fs';
import { decodeText, encodeText } from './goText.ts';

/** Most bytes of a configuration or a cache entry: a link may lead to what has no end. */
const mostBytes = 64 * 1024 * 1024;
/** More than most of these files have. */
const chunkBytes = 16 * 1024;

/**
 * The text of a file, see `decodeText`. A named pipe that nobody writes to is empty. Throws the
 * operating system's error, and EFBIG for a file of more than 64 MiB.
 */
export function readFileText(path: string): string {
  // Not blocking: a named pipe counts as a file, and nobody may ever write to it.
  const descriptor = openSync(encodeText(path), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    for (let bytes = 0; bytes <= mostBytes;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const length = readSync(descriptor, chunk);
      if (length === 0) return decodeText(Buffer.concat(chunks));
      chunks.push(chunk.subarray(0, length));
      bytes += length;
    }
  } finally {
    closeSync(descriptor);
  }
  throw Object.assign(new Error('EFBIG'), { code: 'EFBIG', syscall: 'read', path });
}
