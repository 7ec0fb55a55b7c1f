import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readEvents } from './inotify.ts';

/** struct inotify_event with a name that is padded to 16 bytes. */
function event(watch: number, bits: number, name: string): Buffer {
  const bytes = Buffer.alloc(16 + (name === '' ? 0 : 16));
  bytes.writeInt32LE(watch, 0);
  bytes.writeUInt32LE(bits, 4);
  bytes.writeUInt32LE(bytes.length - 16, 12);
  bytes.write(name, 16);
  return bytes;
}

it('reads what happened in which folder', () => {
  const bytes = [event(1, 0x100, 'a'), event(2, 0x40000200, 'folder'), event(1, 0x8, 'a')];
  expect(readEvents(Buffer.concat(bytes))).toEqual({
    events: [
      { watch: 1, kind: 'created', name: 'a', isFolder: false },
      { watch: 2, kind: 'deleted', name: 'folder', isFolder: true },
      { watch: 1, kind: 'written', name: 'a', isFolder: false },
    ],
    overrun: false,
  });
  expect(readEvents(event(-1, 0x4000, ''))).toEqual({ events: [], overrun: true });
});

it('never throws on other bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(readEvents(Buffer.from(bytes)).events.length).toBeLessThan(7);
    }),
  );
});
