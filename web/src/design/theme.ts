import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

/** Light or dark; what the person chose, else what the system says. */
export type Theme = 'light' | 'dark';

const key = 'cnilab.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const chosen = (): Theme | undefined => {
  const value = localStorage.getItem(key);
  return value === 'light' || value === 'dark' ? value : undefined;
};
const present = (): Theme => chosen() ?? (system.matches ? 'dark' : 'light');

/** Subscribe to this to draw anew (a canvas) when the theme changes. */
export const themeStore = createStore<{ theme: Theme }>(() => ({ theme: present() }));

const show = () => {
  document.documentElement.dataset['theme'] = themeStore.getState().theme;
};
const update = () => {
  themeStore.setState({ theme: present() });
};
themeStore.subscribe(show);
system.addEventListener('change', update);
show();

export function toggleTheme(): void {
  const next: Theme = themeStore.getState().theme === 'dark' ? 'light' : 'dark';
  // Back at what the system says, the page follows the system again.
  if (next === (system.matches ? 'dark' : 'light')) localStorage.removeItem(key);
  else localStorage.setItem(key, next);
  update();
}

export const useTheme = (): Theme => useStore(themeStore, ({ theme }) => theme);
