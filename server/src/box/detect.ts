import type { Doctor } from '@cnilab/shared/protocol/api';
import { kernelFeatures } from '@cnilab/shared/lab/needs';
import { BoxError } from './box.ts';
import { startSandbox } from './sandbox.ts';

export interface Detected {
  boxes: Doctor['boxes'];
  /** Kernel features that were tried in a sandbox; empty when none runs. */
  features: Record<string, boolean>;
}

/** Finds out by trying: starts a sandbox, lets its agent try every kernel feature, ends it. */
export async function detectBoxes(): Promise<Detected> {
  const vm = {
    kind: 'vm' as const,
    works: false,
    reason: 'This version has no VM box yet.',
  };
  try {
    const box = await startSandbox({
      features: Object.keys(kernelFeatures),
      operationTimeoutMs: 60_000,
    });
    await box.stop();
    return { boxes: [{ kind: 'sandbox', works: true }, vm], features: box.features };
  } catch (error) {
    if (!(error instanceof BoxError)) throw error;
    const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
    return {
      boxes: [{ kind: 'sandbox', works: false, reason: error.message, ...remedy }, vm],
      features: {},
    };
  }
}
