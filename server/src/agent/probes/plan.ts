import { parseIp } from '@cnilab/shared/cni/ip';
import type { Check } from '@cnilab/shared/lab/schema';
import type { Reactor } from '../../netlink/reactor.ts';
import type { Space } from '../space.ts';
import { textMatcher, failed, type Attempt } from './attempt.ts';
import { enterSpace, type SocketOutcome } from './connect.ts';
import { judgeExec, probeExec } from './exec.ts';
import { judgeHttp, probeHttp, readUrl } from './http.ts';
import { judgeInterface, probeInterface } from './interface.ts';
import { silentNeighbour } from './neighbour.ts';
import { judgeOperation, type OperationRunner } from './operation.ts';
import { judgePing, ping } from './ping.ts';
import { judgeRoute, probeRoute } from './route.ts';
import { judgeRules, probeRules } from './rules.ts';
import { splitEndpoint } from './sockets.ts';
import { judgeSocket, probeTcp } from './tcp.ts';
import { probeUdp } from './udp.ts';

/** What probes need of the agent. */
export interface ProbeContext {
  /** The address of `HOST/POD`: the first IPv4, else IPv6, one of its first attachment. */
  resolve: (name: string) => string | undefined;
  reactor: Reactor;
  operation: OperationRunner;
}

export interface Plan {
  /** The check holds when something is not there. */
  negative?: boolean;
  /** An attempt may take all the time that there is. */
  patient?: boolean;
  /** May throw what kept it from seeing anything. */
  probe: (space: Space, timeoutMs: number) => Promise<Attempt>;
}

/** What to do for a check. Throws what is wrong with the check itself. */
export function planProbe(check: Check, context: ProbeContext): Plan {
  if ('ping' in check) return planPing(check.ping, check.expect ?? 'reachable', context);
  if ('tcp' in check) return planSocket('tcp', check.tcp, check.expect ?? 'open', context);
  if ('udp' in check) return planSocket('udp', check.udp, check.expect ?? 'open', context);
  if ('http' in check) {
    const { http, expect = {} } = check;
    readUrl(http, context.resolve);
    return {
      probe: async (space, timeoutMs) => {
        const target = readUrl(http, context.resolve);
        if (!target) return failed(`${http}: there is nothing of that name with an address`);
        const enter = enterSpace(space);
        return judgeHttp(http, expect, await probeHttp(enter, context.reactor, target, timeoutMs));
      },
    };
  }
  if ('exec' in check) {
    const { exec, expect = {} } = check;
    if (expect.stdout !== undefined) textMatcher(expect.stdout);
    return {
      patient: true,
      probe: async (space, ms) => judgeExec(exec, expect, await probeExec(space, exec, ms)),
    };
  }
  if ('route' in check) {
    const { route, expect = {} } = check;
    return {
      probe: async (space) => {
        const destination = addressOf(route, context);
        return judgeRoute(route, expect, probeRoute(space, destination));
      },
    };
  }
  if ('rules' in check) {
    const { rules, expect = { atLeast: 1 } } = check;
    if (rules.match !== undefined) textMatcher(rules.match);
    return {
      negative: 'count' in expect && expect.count === 0,
      probe: async (space) => judgeRules(rules, expect, await probeRules(space, rules)),
    };
  }
  if ('interface' in check) {
    const { interface: name, expect = {} } = check;
    return {
      negative: expect === 'absent',
      probe: async (space) => judgeInterface(name, expect, probeInterface(space, name)),
    };
  }
  const { operation, expect = 'ok' } = check;
  return {
    patient: true,
    probe: async (space, timeoutMs) =>
      judgeOperation(operation, expect, await context.operation(space, operation, timeoutMs)),
  };
}

function planPing(
  target: string,
  expected: 'reachable' | 'unreachable',
  context: ProbeContext,
): Plan {
  return {
    negative: expected === 'unreachable',
    probe: async (space, timeoutMs) => {
      const address = addressOf(target, context);
      return judgePing(target, address, expected, await ping(space, address, timeoutMs));
    },
  };
}

function planSocket(
  transport: 'tcp' | 'udp',
  target: string,
  expected: SocketOutcome,
  context: ProbeContext,
): Plan {
  const endpoint = splitEndpoint(target);
  if (!endpoint) {
    throw new Error(`${target} is no address with a port; write 192.0.2.1:80 or [2001:db8::1]:80`);
  }
  const { host, port } = endpoint;
  const probe = transport === 'tcp' ? probeTcp : probeUdp;
  return {
    negative: expected === 'timeout' || expected === 'unreachable',
    probe: async (space, timeoutMs) => {
      const address = addressOf(host, context);
      const seen = await probe(enterSpace(space), context.reactor, address, port, timeoutMs);
      const neighbour = seen.outcome === 'timeout' ? silentNeighbour(space, address) : undefined;
      return judgeSocket(`${transport} ${target}`, expected, {
        ...seen,
        ...(neighbour === undefined ? {} : { neighbour }),
      });
    },
  };
}

/** An address as it is, or the one of what has that name in the lab. Throws when it has none. */
function addressOf(name: string, { resolve }: ProbeContext): string {
  const address = parseIp(name) ? name : resolve(name);
  if (address === undefined) {
    throw new Error(`${name} has no address: it is not there, or its first attachment has none`);
  }
  return address;
}
