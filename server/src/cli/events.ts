import { causeText } from '@cnilab/shared/live/cause';
import type { LiveEvent } from '@cnilab/shared/live/events';
import type { FirewallChange } from '@cnilab/shared/live/firewall';
import { createClient, serverHelp, serverOptions, valueOf } from './client.ts';
import { operands, print, printError, readArgs, type Command } from './command.ts';
import { plain } from './style.ts';

export const command: Command = {
  name: 'events',
  usage: 'NAME [--json] [--server URL]',
  summary: 'follow what happens in a lab',
  help: `Prints what happens in a running lab from now on, one line per event, until Ctrl-C or until the
lab stops: time, namespace, event, object, and whose doing it was: a plugin's, a command's, cnilab's
own. Where nothing is said, the kernel did it by itself, or traffic. "perhaps" = others ran there at
the same time; "because of" = the kernel did it a little later, as a consequence.

  --json         one JSON object per line, with "cause"
${serverHelp}

Exit code: 0 the lab was stopped or Ctrl-C was pressed, 1 the lab does not run or its box failed.`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, { ...serverOptions, json: { type: 'boolean' } });
    const [lab] = operands(positionals, 'NAME');
    const socket = await createClient(values.server).connect();
    try {
      const write = (events: LiveEvent[]) => {
        for (const event of events) print(values.json ? JSON.stringify(event) : eventLine(event));
      };
      socket.on('events', (name, _run, events) => name === lab && write(events));
      socket.on('snapshot', (name) => {
        if (name === lab)
          printError('Some events are missing here: they came faster than they went.');
      });
      const ended = new Promise<number>((resolve) => {
        socket.on('stopped', (name, reason) => {
          if (name !== lab) return;
          printError(reason ?? `${lab} was stopped.`);
          resolve(reason === undefined ? 0 : 1);
        });
        socket.on('disconnect', () => {
          printError('The server is gone.');
          resolve(1);
        });
        process.once('SIGINT', () => resolve(0)).once('SIGTERM', () => resolve(0));
      });
      const watched = valueOf(await socket.emitWithAck('watch', { lab }));
      const state = watched.kind === 'snapshot' ? watched.snapshot.state : 'stopped';
      if (state === 'stopped' || state === 'failed') {
        printError(`${lab} does not run. Deploy it first, for example with: cnilab up FILE`);
        return 1;
      }
      return await ended;
    } finally {
      socket.removeAllListeners();
      socket.disconnect();
    }
  },
};

/** `new ip nat -A POSTROUTING …`, `gone ip nat CNI-DN-1` */
function ruleText(change: FirewallChange): string {
  const { family, name } = change.table;
  const where = `${family} ${name}`;
  switch (change.change) {
    case 'table.set': {
      const rules = change.table.chains.flatMap((chain) => chain.rules);
      return `table ${where} with ${rules.length} rules`;
    }
    case 'table.del':
      return `gone table ${where}`;
    case 'chain.set':
      return `chain ${where} ${change.chain.name}`;
    case 'chain.del':
      return `gone chain ${where} ${change.chain}`;
    case 'rule.new':
      return `new ${where} ${change.rule.text}`;
    case 'rule.del':
      return `gone ${where} ${change.chain} rule ${change.id}`;
  }
}

/** `12:34:56.789  node1/web  link.new  eth0 veth UP  by bridge ADD of web` */
export function eventLine(event: LiveEvent): string {
  const { namespace, object } = describe(event);
  const time = new Date(event.time).toTimeString().slice(0, 8);
  const ms = String(Math.floor(event.time) % 1000).padStart(3, '0');
  const cause = event.cause && causeText(event.cause);
  return [`${time}.${ms}`, namespace || '(segments)', event.event, object || cause, object && cause]
    .map((part) => plain(part ?? ''))
    .join('  ')
    .trimEnd();
}

function describe(event: LiveEvent): { namespace: string; object: string } {
  switch (event.event) {
    case 'namespace.new':
      return { namespace: event.info.id, object: event.info.kind };
    case 'namespace.sync':
      return { namespace: event.state.id, object: 'read again' };
    case 'namespace.del':
      return { namespace: event.namespace, object: '' };
    case 'link.new':
    case 'link.change': {
      const { name, kind, state } = event.link;
      return { namespace: event.namespace, object: [name, kind, state].filter(Boolean).join(' ') };
    }
    case 'link.del':
      return { namespace: event.namespace, object: event.name };
    case 'link.move': {
      const to = event.to === undefined ? '' : ` to ${event.to.namespace || '(segments)'}`;
      return { namespace: event.namespace, object: event.name + to };
    }
    case 'policy.new':
    case 'policy.del': {
      const { priority, match, action, table } = event.policy;
      const words = [`${priority}:`, match, action, table].filter((word) => word !== undefined);
      return { namespace: event.namespace, object: words.join(' ') };
    }
    case 'fdb.new':
    case 'fdb.del': {
      const { mac, vlan, dst, state } = event.entry;
      const words = [mac, vlan && `vlan ${vlan}`, dst && `dst ${dst}`, state];
      return { namespace: event.namespace, object: words.filter(Boolean).join(' ') };
    }
    case 'qdisc.new':
    case 'qdisc.del': {
      const { kind, handle, parent } = event.qdisc;
      return { namespace: event.namespace, object: `${kind} ${handle} ${parent}` };
    }
    case 'address.new':
    case 'address.del':
      return {
        namespace: event.namespace,
        object: `${event.address.address}/${event.address.prefix}`,
      };
    case 'route.new':
    case 'route.del': {
      const { to, via, table } = event.route;
      const more = [via && `via ${via}`, table === 254 ? '' : `table ${table}`];
      return { namespace: event.namespace, object: [to, ...more].filter(Boolean).join(' ') };
    }
    case 'neighbour.new':
    case 'neighbour.del':
      return {
        namespace: event.namespace,
        object: `${event.neighbour.address} ${event.neighbour.state}`,
      };
    case 'firewall.change':
      return { namespace: event.namespace, object: event.changes.map(ruleText).join('; ') };
    case 'firewall.count':
      return { namespace: event.namespace, object: `${event.counters.length} counters` };
    case 'sysctl.change':
      return { namespace: event.namespace, object: `${event.name} = ${event.value}` };
    case 'file.change':
      return { namespace: event.namespace, object: `${event.path} ${event.change}` };
    case 'element.state': {
      const { state, error } = event.state;
      return { namespace: '-', object: [event.element, state, error].filter(Boolean).join(' ') };
    }
    case 'element.del':
      return { namespace: '-', object: event.element };
    case 'operation': {
      const { op, host, pod, network, done, ok } = event.operation;
      const outcome = !done ? 'runs' : ok ? 'ok' : 'failed';
      return { namespace: pod ? `${host}/${pod}` : host, object: `${op} ${network} ${outcome}` };
    }
    case 'lab.state':
      return { namespace: '-', object: [event.state, event.error].filter(Boolean).join(' ') };
  }
}
