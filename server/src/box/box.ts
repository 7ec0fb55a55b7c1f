import type { KernelNeed } from '@cnilab/shared/lab/needs';
import type { Agent } from './agentClient.ts';

/** The isolated place that a running lab lives in. Ending it ends everything in it. */
export interface Box extends Agent {
  kind: 'sandbox' | 'vm';
  /** From the call of `startBox` to an agent that answers, in milliseconds. */
  startMs: number;
  /** Kernel features that were asked for: true = tried and works. */
  features: Record<string, boolean>;
  /** Resolves when the box is gone, whatever ended it. */
  ended: Promise<{ reason: string }>;
  /** Ends everything in the box within 2 s, also when the agent hangs. Can be repeated. */
  stop(): Promise<void>;
}

/** This machine cannot run a box, or not one that serves this lab. */
export class BoxError extends Error {
  readonly code = 'no-box';
  /** The command or setting that helps, as one sentence. */
  readonly remedy: string | undefined;
  constructor(message: string, remedy?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BoxError';
    this.remedy = remedy;
  }
}

export interface BoxOptions {
  /** What the lab asks for; absent = whichever can serve it. */
  kind?: 'sandbox' | 'vm' | undefined;
  /** What the lab needs of a kernel; see `kernelNeeds`. */
  needs?: readonly KernelNeed[];
  /** A CNI operation that takes longer is ended with all that it started; default one minute. */
  operationTimeoutMs?: number;
}
