import { didYouMean } from '@cnilab/shared/lab/names';
import type { OperationRequest } from '@cnilab/shared/protocol/operations';
import { createClient, serverHelp, serverOptions } from './client.ts';
import { operands, print, readArgs, UsageError, type Command } from './command.ts';
import { operationLines } from './report.ts';
import { styleOf } from './style.ts';

export const command: Command = {
  name: 'cni',
  usage: 'NAME (check HOST/POD [INTERFACE] | (status|version|gc) HOST [NETWORK])',
  summary: 'run CHECK, STATUS, VERSION or GC in a running lab',
  help: `Runs a CNI operation in a running lab, plugin by plugin, and tells how it went. ADD and DEL
are not here: they come from the lab file.

  check HOST/POD [INTERFACE]   asks whether the pod is attached as it was when it was added;
                               without INTERFACE about each of its attachments
  status HOST [NETWORK]        asks the plugins whether they could serve an ADD
  version HOST [NETWORK]       asks the plugins which versions they take, those of IPAM too
  gc HOST [NETWORK]            takes away what the cache of the host has and the lab has not
                               without NETWORK about each network of the host

  --json         the operations as JSON
${serverHelp}

Exit code: 0 all went well, 1 something failed, 2 the arguments are wrong, 3 no server answers.`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, { ...serverOptions, json: { type: 'boolean' } });
    const [lab, verb, target] = operands(positionals.slice(0, 3), 'NAME', 'OPERATION', 'HOST');
    const [which, ...surplus] = positionals.slice(3);
    operands(surplus);
    const request = requestOf(verb, target, which);
    const client = createClient(values.server);
    const operations = await client.call('runOperation', { lab, request });
    if (values.json) print(JSON.stringify(operations, undefined, 2));
    else {
      const style = styleOf(process.stdout);
      for (const operation of operations) print(operationLines(operation, style).join('\n'));
    }
    return operations.every(({ ok }) => ok) ? 0 : 1;
  },
};

const networkVerbs = { status: 'STATUS', version: 'VERSION', gc: 'GC' } as const;
const verbs = ['check', ...Object.keys(networkVerbs)];

/** @param which the interface for `check`, the network for the others; undefined = all */
function requestOf(verb: string, target: string, which: string | undefined): OperationRequest {
  const [host = '', pod, ...more] = target.split('/');
  if (verb === 'check') {
    if (!pod || more.length > 0) throw new UsageError(`Write "${target}" as HOST/POD.`);
    return { op: 'CHECK', host, pod, ...(which === undefined ? {} : { interface: which }) };
  }
  if (!isNetworkVerb(verb)) {
    const hint = didYouMean(verb, verbs);
    throw new UsageError(`There is no operation ${verb}.${hint}`);
  }
  if (pod !== undefined) {
    throw new UsageError(`${verb} is about a host: write "${host}" in the place of "${target}".`);
  }
  return { op: networkVerbs[verb], host, ...(which === undefined ? {} : { network: which }) };
}

const isNetworkVerb = (verb: string): verb is keyof typeof networkVerbs =>
  Object.hasOwn(networkVerbs, verb);
