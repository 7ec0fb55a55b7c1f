import { createClient, serverHelp, serverOptions } from './client.ts';
import { operands, print, readArgs, type Command } from './command.ts';
import { table } from './style.ts';

export const command: Command = {
  name: 'ls',
  usage: '[--server URL] [--json]',
  summary: 'list the labs of a running server',
  help: `Lists the server's labs with their state.

${serverHelp}
  --json         the list as JSON`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, { ...serverOptions, json: { type: 'boolean' } });
    operands(positionals);
    const labs = await createClient(values.server).call('listLabs', {});
    if (values.json) print(JSON.stringify(labs, undefined, 2));
    else if (labs.length === 0) print('There are no labs yet. Deploy one with: cnilab up FILE');
    else {
      const rows = labs.map(({ name, state, hosts, pods, errors }) => [
        name,
        state,
        `${hosts}`,
        `${pods}`,
        errors > 0 ? `${errors} error${errors === 1 ? '' : 's'}` : '',
      ]);
      print(table([['NAME', 'STATE', 'HOSTS', 'PODS', ''], ...rows]));
    }
    return 0;
  },
};
