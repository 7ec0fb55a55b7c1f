import { fromBase64, textToBase64, toBase64 } from '../services/base64.ts';
import { problemText } from '../services/problems.ts';
import type { LabSocket } from '../services/services.ts';

/** What a session needs of a terminal on the screen. */
export interface Screen {
  columns: number;
  rows: number;
  write: (data: Uint8Array | string) => void;
}

/** A shell on a host or pod, shown on a screen; a new one can be started when it ended. */
export interface TerminalSession {
  start: () => Promise<void>;
  /** What was typed. While no shell runs, Enter starts one. */
  type: (text: string) => void;
  /** Bytes that are no text, as mouse reports are: one per character. */
  typeBytes: (binary: string) => void;
  resize: (columns: number, rows: number) => void;
  close: () => void;
}

const dim = (text: string) => `\r\n\x1b[2m[${text}]\x1b[0m\r\n`;

export function createTerminalSession(options: {
  socket: LabSocket;
  lab: string;
  target: string;
  screen: Screen;
}): TerminalSession {
  const { socket, lab, target, screen } = options;
  let process: string | undefined;
  let state: 'idle' | 'starting' | 'running' | 'closed' = 'idle';
  /** Output may come before the answer that names the process. */
  let early: [string, string][] = [];

  const ended = (text: string) => {
    process = undefined;
    if (state === 'closed') return;
    state = 'idle';
    screen.write(dim(`${text}; Enter starts a new shell`));
  };

  const undos = [
    socket.on('processOutput', (id, _stream, data) => {
      if (id === process) screen.write(fromBase64(data));
      else if (state === 'starting') early.push([id, data]);
    }),
    socket.on('processExit', (id, code, signal) => {
      if (id === process) ended(signal ? `ended by ${signal}` : `ended with ${code ?? '?'}`);
    }),
    socket.onConnection((connected) => {
      if (!connected && process !== undefined) ended('the connection was lost');
    }),
  ];

  const start = async () => {
    if (state !== 'idle') return;
    state = 'starting';
    early = [];
    try {
      const { columns, rows } = screen;
      const opened = await socket.openProcess({ lab, target, terminal: { columns, rows } });
      if (isClosed()) return socket.close(opened);
      process = opened;
      state = 'running';
      for (const [id, data] of early) if (id === opened) screen.write(fromBase64(data));
    } catch (thrown) {
      ended(problemText(thrown));
    } finally {
      early = [];
    }
  };
  const isClosed = () => state === 'closed';

  const send = (data: string) => {
    if (process !== undefined) socket.input(process, data);
  };
  return {
    start,
    type: (text) => {
      if (state === 'idle' && text === '\r') void start();
      else send(textToBase64(text));
    },
    typeBytes: (binary) => send(toBase64(Uint8Array.from(binary, (char) => char.charCodeAt(0)))),
    resize: (columns, rows) => {
      if (process !== undefined) socket.resize(process, columns, rows);
    },
    close: () => {
      if (process !== undefined) socket.close(process);
      state = 'closed';
      process = undefined;
      for (const undo of undos) undo();
    },
  };
}
