import type { Check } from '@cnilab/shared/lab/schema';
import type { CheckResult } from '@cnilab/shared/protocol/checks';
import { errorText, failed, type Attempt } from './probes/attempt.ts';
import { planProbe, type ProbeContext } from './probes/plan.ts';
import { realClock, retry, type Clock } from './probes/retry.ts';
import type { Space } from './space.ts';

/** What checks need of the agent. */
export interface CheckContext extends ProbeContext {
  /** By `HOST` or `HOST/POD`. */
  space: (id: string) => Space | undefined;
  clock?: Clock;
}

/** Repeats the probe of a check until it holds or its time has passed. Never throws. */
export async function runCheck(check: Check, context: CheckContext): Promise<CheckResult> {
  const { clock = realClock } = context;
  const start = clock.now();
  const { attempts, last } = await attemptAll(check, context, clock);
  return {
    name: check.name,
    ok: last.ok,
    ms: Math.round(clock.now() - start),
    attempts,
    got: last.got,
    ...(last.ok ? {} : { message: last.message }),
  };
}

async function attemptAll(
  check: Check,
  context: CheckContext,
  clock: Clock,
): Promise<{ attempts: number; last: Attempt }> {
  try {
    const { negative = false, patient = false, probe } = planProbe(check, context);
    const attempt = async (timeoutMs: number): Promise<Attempt> => {
      const space = context.space(check.from);
      if (!space) return failed(`${check.from}, which the check is made from, is not there`);
      try {
        return await probe(space, timeoutMs);
      } catch (error) {
        return failed(errorText(error));
      }
    };
    const withinMs = durationMs(check.within ?? '5s');
    return await retry(attempt, { withinMs, negative, patient, clock });
  } catch (error) {
    // The check itself is wrong, so that trying again would change nothing.
    return { attempts: 0, last: failed(errorText(error)) };
  }
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of `500ms`, `5s`, `1.5m`. */
export function durationMs(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)$/.exec(text);
  const unit = match?.[2];
  if (unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h') {
    return Number(match?.[1]) * units[unit];
  }
  throw new Error(`${text} is no duration; write a number and a unit, as in "5s"`);
}
