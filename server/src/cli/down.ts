import { createClient, serverHelp, serverOptions } from './client.ts';
import { operands, print, readArgs, type Command } from './command.ts';

export const command: Command = {
  name: 'down',
  usage: 'NAME [--server URL]',
  summary: 'end the box of a lab',
  help: `Ends the lab's box and everything in it. The lab itself stays on the server. No error if it
does not run.

${serverHelp}`,
  run: async (args) => {
    const { values, positionals } = readArgs(args, serverOptions);
    const [lab] = operands(positionals, 'NAME');
    await createClient(values.server).call('stopLab', { lab });
    print(`${lab} is down`);
    return 0;
  },
};
