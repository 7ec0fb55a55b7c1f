import { describe, expect, it, vi } from 'vitest';
import { createChannel, slowAfter } from './channel.ts';

describe('a channel', () => {
  it('is slow only while more than the limit waits', () => {
    let writable = false;
    const channel = createChannel(() => writable);
    channel.sent(slowAfter);
    expect(channel.isSlow()).toBe(false);
    channel.sent(1);
    expect(channel.isSlow()).toBe(true);
    writable = true;
    expect(channel.isSlow()).toBe(false);
    expect(channel.waiting()).toBe(0);
    channel.close();
  });

  it('calls back once when the client has everything', async () => {
    let writable = false;
    const channel = createChannel(() => writable);
    channel.sent(slowAfter + 1);
    const callback = vi.fn<() => void>();
    channel.whenFree(callback);
    channel.whenFree(callback);
    writable = true;
    await vi.waitFor(() => expect(callback).toHaveBeenCalledTimes(1));
    channel.close();
  });
});
