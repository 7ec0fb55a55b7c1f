import type { Check } from '@cnilab/shared/lab/schema';
import type { CheckResult } from '@cnilab/shared/protocol/checks';
import { problemText } from '../services/problems.ts';
import type { SliceContext } from './labStore.ts';
import { probeCheck, type ProbeDraft } from './probeCheck.ts';
import { whyProbeFails } from './probeReason.ts';
import { probePath } from './probePath.ts';

/** Probes: real packets from here to there, and what came of them. */
export interface ProbeState {
  probeDraft: ProbeDraft;
  setProbeDraft: (part: Partial<ProbeDraft>) => void;
  probing: boolean;
  /** Runs the draft, or the draft changed by `part` (the canvas' probe tool gives from and to). */
  probe: (part?: Partial<ProbeDraft>) => Promise<void>;
  /** Newest first. */
  probes: ProbeRun[];
  /** The path that the canvas' overlay lights up; a new nonce means: once more. */
  pulse: Pulse | undefined;
  showPulse: (run: ProbeRun) => void;
}

export interface Pulse {
  nonce: number;
  kind: 'ok' | 'failed';
  /** `link:NAMESPACE/NAME`, in the order in which the packet passes them. */
  links: string[];
}

export interface ProbeRun {
  id: number;
  at: number;
  draft: ProbeDraft;
  result: CheckResult;
  links: string[];
  /** For a probe that failed: what the live state says about why. */
  reason: string | undefined;
}

const historyLimit = 50;

export function createProbes({ set, get, services }: SliceContext): ProbeState {
  let runs = 0;
  let pulses = 0;
  return {
    probeDraft: { kind: 'ping', from: '', to: '', port: 80 },
    setProbeDraft: (part) => set({ probeDraft: { ...get().probeDraft, ...part } }),
    probing: false,
    probe: async (part = {}) => {
      const draft = { ...get().probeDraft, ...part };
      set({ probeDraft: draft });
      const { live, probing, name } = get();
      if (probing) return;
      if (!live) return get().showProblem('A probe needs a running lab.', 'Press Deploy first.');
      set({ probing: true });
      const links = probePath(live, draft);
      const record = (result: CheckResult) => {
        const reason = result.ok ? undefined : whyProbeFails(get().live ?? live, draft);
        const run = { id: ++runs, at: services.clock.now(), draft, result, links, reason };
        set({ probes: [run, ...get().probes].slice(0, historyLimit) });
        get().showPulse(run);
      };
      try {
        const check: Check = probeCheck(draft, live);
        record(await services.api.call('runCheck', { lab: name, check }));
      } catch (thrown) {
        const message = problemText(thrown);
        record({ name: 'probe', ok: false, ms: 0, attempts: 0, got: {}, message });
      } finally {
        set({ probing: false });
      }
    },
    probes: [],
    pulse: undefined,
    showPulse: ({ links, result }) =>
      set({ pulse: { nonce: ++pulses, kind: result.ok ? 'ok' : 'failed', links } }),
  };
}
