import type { Edit } from '@cnilab/shared/lab/edits';
import type { ParsedLab } from '@cnilab/shared/lab/parse';
import type { LiveEvent, Snapshot } from '@cnilab/shared/live/events';
import type { Look } from '@cnilab/shared/live/look';
import type { Api, ApiName } from '@cnilab/shared/protocol/api';
import type { ServerToClient, Watched } from '@cnilab/shared/protocol/socket';

/** What the store of a lab needs of the world; tests give fakes. */
export interface LabServices {
  parse: (text: string) => ParsedLab;
  applyEdits: (text: string, edits: Edit[]) => string;
  reduce: (snapshot: Snapshot, events: LiveEvent[]) => Snapshot;
  api: ApiClient;
  socket: LabSocket;
  clock: Clock;
}

/** The REST interface. Rejects with `ServerProblem` or, when nobody answers, `ServerUnreachable`. */
export interface ApiClient {
  call<N extends ApiName>(name: N, input: Api[N]['input']): Promise<Api[N]['output']>;
}

/** The one socket of the page. Every subscription returns its undo. */
export interface LabSocket {
  readonly connected: boolean;
  watch(lab: string, since: { run: string; seq: number } | undefined): Promise<Watched>;
  unwatch(lab: string): void;
  /** From now on `seen` tells it, until `unlook` or the end of the connection. */
  look(lab: string, look: Look): Promise<void>;
  unlook(lab: string, look: Look): void;
  on<E extends keyof ServerToClient>(event: E, listener: ServerToClient[E]): () => void;
  onConnection(listener: (connected: boolean) => void): () => void;
  openProcess(options: ProcessOptions): Promise<string>;
  /** `data` is base64. */
  input(process: string, data: string): void;
  resize(process: string, columns: number, rows: number): void;
  close(process: string): void;
}

export interface ProcessOptions {
  lab: string;
  /** HOST or HOST/POD. */
  target: string;
  terminal: { columns: number; rows: number };
}

/** Time, so that tests decide when it passes. Each returns its cancel. */
export interface Clock {
  now(): number;
  later(action: () => void, ms: number): () => void;
  /** Before the next paint; soon, when the page is hidden. */
  frame(action: () => void): () => void;
}
