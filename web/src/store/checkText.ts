import type { Check } from '@cnilab/shared/lab/schema';
import type { CheckResult } from '@cnilab/shared/protocol/checks';
import { removedText } from './outcomes.ts';

const quote = (text: string) => (/[^\w./:@%+=,-]/.test(text) ? `"${text}"` : text);

/** What a check does, in one line: `client: http http://192.0.2.11:8080/`. */
export function checkText(check: Check): string {
  return `${check.from}: ${probeText(check)}${expectText(check)}`;
}

/** What a check did besides looking: what its GC removed. */
export function checkNote(check: Check, { got }: CheckResult): string | undefined {
  if (!('operation' in check) || check.operation.op !== 'gc') return undefined;
  const { removed } = got;
  if (!Array.isArray(removed) || (removed.length === 0 && got['ok'] !== true)) return undefined;
  return removedText(removed.map(String));
}

function probeText(check: Check): string {
  if ('ping' in check) return `ping ${check.ping}`;
  if ('tcp' in check) return `tcp ${check.tcp}`;
  if ('udp' in check) return `udp ${check.udp}`;
  if ('http' in check) return `http ${check.http}`;
  if ('exec' in check) return check.exec.map(quote).join(' ');
  if ('route' in check) return `route to ${check.route}`;
  if ('rules' in check) {
    const { table, chain, family = 'ip', match } = check.rules;
    return `rules of ${family} ${table} ${chain}${match === undefined ? '' : ` with ${quote(match)}`}`;
  }
  if ('interface' in check) return `interface ${check.interface}`;
  const { op, pod, network } = check.operation;
  return [op.toUpperCase(), pod, network].filter(Boolean).join(' ');
}

function expectText({ expect }: Check): string {
  if (expect === undefined) return '';
  if (typeof expect === 'string') return ` → ${expect}`;
  const parts = Object.entries(expect).map(
    ([key, value]) => `${key} ${Array.isArray(value) ? value.join(', ') || 'none' : value}`,
  );
  return ` → ${parts.join(', ')}`;
}
