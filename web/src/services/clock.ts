import type { Clock } from './services.ts';

/** Hidden pages get no animation frames, but must not let events pile up. */
const hiddenFrameMs = 250;

/** The browser's time. */
export const clock: Clock = {
  now: () => Date.now(),
  later(action, ms) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
  frame(action) {
    let done = false;
    const run = () => {
      if (done) return;
      cancel();
      action();
    };
    const frame = requestAnimationFrame(run);
    const timer = setTimeout(run, hiddenFrameMs);
    const cancel = () => {
      done = true;
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
    return cancel;
  },
};
