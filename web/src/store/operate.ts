import type { Snapshot } from '@cnilab/shared/live/events';
import { problemText } from '../services/problems.ts';
import { requestsFor, whyNotAskable } from './askable.ts';
import type { SliceContext } from './labStore.ts';
import type { AskedOp } from './outcomes.ts';

/** CNI operations that somebody asks the running lab for. Their outcome is in `live.operations`. */
export interface OperateState {
  /** What this page asked for last, by `askedKey`. */
  asked: Readonly<Record<string, Asked>>;
  /** Asks for an operation on an attachment, a pod, a host or a network. Never rejects. */
  operate: (op: AskedOp, element: string) => Promise<void>;
}

export interface Asked {
  isRunning: boolean;
  /** Why the server did not do it. */
  problem: string | undefined;
  run: string;
  /** Id of the last operation that was known then. */
  after: number;
}

export const askedKey = (op: AskedOp, element: string): string => `${op} ${element}`;

export function createOperate({ set, get, services }: SliceContext): OperateState {
  return {
    asked: {},
    operate: async (op, element) => {
      const key = askedKey(op, element);
      const { live, asked } = get();
      if (asked[key]?.isRunning) return;
      const reason = whyNotAskable(op, element, get());
      if (reason !== undefined || !live) {
        return get().showProblem(`${op} is not possible now.`, reason ?? '');
      }
      const tell = (isRunning: boolean, problem?: string) => {
        const after = live.operations.at(-1)?.id ?? 0;
        set({ asked: { ...get().asked, [key]: { isRunning, problem, run: live.run, after } } });
      };
      tell(true);
      const problems: string[] = [];
      for (const request of requestsFor(op, element, get())) {
        try {
          await services.api.call('runOperation', { lab: get().name, request });
        } catch (thrown) {
          problems.push(problemText(thrown));
        }
      }
      tell(false, problems.length === 0 ? undefined : [...new Set(problems)].join('\n'));
    },
  };
}

/** Why the server did not do what was asked for last; undefined once the lab has changed since. */
export function askedProblem(
  asked: Asked | undefined,
  live: Pick<Snapshot, 'run' | 'operations'> | undefined,
): string | undefined {
  if (!asked?.problem || asked.run !== live?.run) return undefined;
  const isOld = live.operations.some(
    ({ id, op }) => id > asked.after && (op === 'ADD' || op === 'DEL'),
  );
  return isOld ? undefined : asked.problem;
}
