import { readFileSync } from 'node:fs';
import { didYouMean } from '@cnilab/shared/lab/names';
import { installed } from '../root.ts';
import { CommandError, print, printError, UsageError, type Command } from './command.ts';

/** Each command is loaded when it is run: `validate` need not wait for a web server. */
const commands = {
  serve: { summary: 'the page and the server', load: () => import('./serve.ts') },
  test: { summary: 'run labs and their checks', load: () => import('./test.ts') },
  up: { summary: 'deploy a lab on a running server', load: () => import('./up.ts') },
  ls: { summary: 'list the labs of a running server', load: () => import('./ls.ts') },
  down: { summary: 'end the box of a lab', load: () => import('./down.ts') },
  state: { summary: 'show what is in a running lab', load: () => import('./state.ts') },
  cni: {
    summary: 'run CHECK, STATUS, VERSION or GC in a running lab',
    load: () => import('./cni.ts'),
  },
  exec: { summary: 'run a command in a host or pod', load: () => import('./exec.ts') },
  events: { summary: 'follow what happens in a lab', load: () => import('./events.ts') },
  validate: { summary: 'check lab files', load: () => import('./validate.ts') },
  compile: { summary: 'write CNI configuration files', load: () => import('./compile.ts') },
  import: { summary: 'make a lab from CNI configuration', load: () => import('./import.ts') },
  cnitool: {
    summary: 'run CNI plugins here, as cnitool does',
    load: () => import('./cnitool.ts'),
  },
  doctor: { summary: 'what this machine offers', load: () => import('./doctor.ts') },
} satisfies Record<string, { summary: string; load: () => Promise<{ command: Command }> }>;
type CommandName = keyof typeof commands;

/** Runs the command line and gives its exit code. */
export async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    printError(overview());
    return 2;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const topic = rest[0];
    return topic === undefined || !isCommand(topic) ? (print(overview()), 0) : showHelp(topic);
  }
  if (name === '--version' || name === '-V') return (print(version()), 0);
  if (!isCommand(name)) {
    const what = name.startsWith('-') ? 'option' : 'command';
    const hint = didYouMean(name, Object.keys(commands));
    printError(`cnilab: there is no ${what} ${name}.${hint}\nTry: cnilab --help`);
    return 2;
  }
  const { command } = await commands[name].load();
  if (asksForHelp(rest) && !command.ownHelp) return showHelp(name);
  try {
    return await command.run(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      printError(
        `cnilab ${name}: ${error.message}\nUsage: cnilab ${name} ${command.usage}\nTry: cnilab ${name} --help`,
      );
      return 2;
    }
    if (!(error instanceof CommandError)) throw error;
    printError(`cnilab ${name}: ${error.message}`);
    return error.exit;
  }
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

/** What follows `--` belongs to another program. */
function asksForHelp(args: string[]): boolean {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  return own.includes('--help') || own.includes('-h');
}

async function showHelp(name: CommandName): Promise<number> {
  const { command } = await commands[name].load();
  print(`Usage: cnilab ${name} ${command.usage}\n\n${command.help}`);
  return 0;
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`,
  );
  return `cnilab: labs of real container networks, in a box

Usage: cnilab COMMAND …

${lines.join('\n')}

cnilab COMMAND --help tells more about one. cnilab --version prints the version.`;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(installed('server/package.json'), 'utf8'));
  const isKnown = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isKnown ? String(manifest.version) : 'unknown';
}
