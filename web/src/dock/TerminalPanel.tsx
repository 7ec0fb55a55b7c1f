import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal, type ITheme } from '@xterm/xterm';
import { useEffect, useRef } from 'react';
import { useServices } from '../app/services.tsx';
import { useTheme } from '../design/theme.ts';
import { useLabStore } from '../store/labContext.tsx';
import styles from './TerminalPanel.module.css';
import { createTerminalSession } from './terminalSession.ts';

/** A shell on a host or pod. It lives as long as its tab. */
export function TerminalPanel(props: { target: string; focus: boolean; isShown: boolean }) {
  const { target, focus, isShown } = props;
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef<{ terminal: Terminal; fit: FitAddon }>(undefined);
  const { socket } = useServices();
  const store = useLabStore();
  const theme = useTheme();

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const terminal = new Terminal({
      fontFamily: getComputedStyle(element).getPropertyValue('--mono'),
      fontSize: 13,
      scrollback: 5000,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      theme: themeOf(element),
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(element);
    fit.fit();
    shown.current = { terminal, fit };
    const session = createTerminalSession({
      socket,
      lab: store.getState().name,
      target,
      screen: {
        get columns() {
          return terminal.cols;
        },
        get rows() {
          return terminal.rows;
        },
        write: (data) => terminal.write(data),
      },
    });
    terminal.onData(session.type);
    terminal.onBinary(session.typeBytes);
    terminal.onResize(({ cols, rows }) => session.resize(cols, rows));
    terminal.textarea?.setAttribute('aria-label', `Terminal on ${target}`);
    const observer = new ResizeObserver(() => {
      if (element.clientHeight > 0) fit.fit();
    });
    observer.observe(element);
    void session.start();
    return () => {
      observer.disconnect();
      session.close();
      terminal.dispose();
      shown.current = undefined;
    };
  }, [socket, store, target]);

  useEffect(() => {
    if (!isShown) return;
    shown.current?.fit.fit();
    // Focus stays on the canvas unless the keyboard was asked for.
    if (focus) shown.current?.terminal.focus();
  }, [isShown, focus]);

  useEffect(() => {
    if (shown.current && place.current)
      shown.current.terminal.options.theme = themeOf(place.current);
  }, [theme]);

  return <div ref={place} className={styles['terminal']} data-terminal={target} />;
}

/** The page's colours; the sixteen of the terminal are chosen for contrast on each ground. */
function themeOf(element: Element): ITheme {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const isDark = document.documentElement.dataset['theme'] === 'dark';
  const base = {
    background: color('--surface'),
    foreground: color('--text'),
    cursor: color('--text'),
    cursorAccent: color('--surface'),
    selectionBackground: color('--accent-line'),
  };
  return isDark ? base : { ...base, ...lightColors };
}

const lightColors: ITheme = {
  black: '#1a2029',
  red: '#b3201c',
  green: '#14743a',
  yellow: '#7d5a00',
  blue: '#1d4ed8',
  magenta: '#8a2f9c',
  cyan: '#0b6478',
  white: '#5f6a7b',
  brightBlack: '#4a5464',
  brightRed: '#c92a24',
  brightGreen: '#157f3f',
  brightYellow: '#8a6400',
  brightBlue: '#2b5fe8',
  brightMagenta: '#9c3bb0',
  brightCyan: '#0e7389',
  brightWhite: '#1a2029',
};
