import { useCallback, useState } from 'react';
import { z } from 'zod';

const layoutSchema = z.object({
  left: z.number(),
  right: z.number(),
  dock: z.number(),
  palette: z.number(),
});
/** Sizes of the panels in pixels. */
export type Layout = z.infer<typeof layoutSchema>;

export const defaultLayout: Layout = { left: 256, right: 336, dock: 250, palette: 250 };
export const layoutLimits: Record<keyof Layout, { min: number; max: number }> = {
  left: { min: 160, max: 480 },
  right: { min: 240, max: 720 },
  dock: { min: 120, max: 720 },
  palette: { min: 80, max: 420 },
};

const key = (lab: string) => `cnilab.layout.${lab}`;

/** What was remembered for a lab; anything unreadable counts as nothing. */
export function readLayout(stored: string | null): Layout {
  try {
    const parsed = layoutSchema.partial().parse(JSON.parse(stored ?? '{}'));
    const size = (name: keyof Layout) => {
      const { min, max } = layoutLimits[name];
      return Math.min(max, Math.max(min, parsed[name] ?? defaultLayout[name]));
    };
    return {
      left: size('left'),
      right: size('right'),
      dock: size('dock'),
      palette: size('palette'),
    };
  } catch {
    return defaultLayout;
  }
}

/** The panels' sizes of a lab, remembered in this browser. */
export function useLayout(lab: string): [Layout, (part: Partial<Layout>) => void] {
  const [layout, setLayout] = useState(() => readLayout(localStorage.getItem(key(lab))));
  const change = useCallback(
    (part: Partial<Layout>) =>
      setLayout((before) => {
        const next = { ...before, ...part };
        localStorage.setItem(key(lab), JSON.stringify(next));
        return next;
      }),
    [lab],
  );
  return [layout, change];
}
