/** What cnitool says of itself: its help, and the usage that follows an error (T1, T12). */

const program = 'cnilab cnitool';

/** The commands about a network, in the order of their names as the reference has them. */
export const verbSummaries = {
  add: 'add the network interface to the namespace and print the result',
  check: 'check that the interface is as it was added',
  del: 'remove the interface from the namespace',
  gc: 'remove all attachments of the network that are in the cache',
  status: 'ask the plugins whether they can serve an add',
} as const;
export type Verb = keyof typeof verbSummaries;

export const isVerb = (name: string): name is Verb => Object.hasOwn(verbSummaries, name);

const otherSummaries = {
  completion: 'print a script that completes commands, flags and networks in a shell',
  help: 'tell more about a command',
} as const;
const summaries: Readonly<Record<string, string>> = { ...verbSummaries, ...otherSummaries };

/** Everything that can stand in the place of the verb. */
export const commandNames: readonly string[] = Object.keys(summaries).toSorted();

/**
 * The command that completion scripts ask for the names of networks. It is no part of the help, and
 * no name that a person would think of.
 */
export const networksCommand = '__networks';

const globalFlags = `  -i, --ifname IFNAME   name of the interface in the namespace (default CNI_IFNAME, or eth0)
  -v, --verbose         tell on standard error what each plugin got and gave`;

/** The block behind an error of a command, and at the end of its help; ends with a newline. */
export function usageBlock(name: string): string {
  return `Usage:
  ${program} ${usageOf(name)}

Flags:
  -h, --help   help for ${name}

Global Flags:
${globalFlags}
`;
}

/** What stands behind the program's name. */
function usageOf(name: string): string {
  if (isVerb(name)) return `${name} NETWORK NETNS [flags]`;
  if (name === 'completion') return 'completion (bash|zsh|fish)';
  return name === 'help' ? 'help [COMMAND]' : '(add|check|del|gc|status) NETWORK NETNS [flags]';
}

/** The same behind an error of no known command. */
export const helpAdvice = `Run '${program} --help' for usage.\n`;

const others = (name: string): string =>
  `Other commands: ${commandNames.filter((other) => other !== name).join(', ')}.`;

/** Help for one command; for all of it if there is none of that name. */
export function commandHelp(name: string | undefined): string {
  const summary = name === undefined ? undefined : summaries[name];
  if (name === undefined || summary === undefined) return overview;
  const more = name === 'completion' ? `\n${completionHelp}\n` : '';
  return `${upper(summary)}.\n${more}\n${usageBlock(name)}\n${others(name)}\n`;
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const completionHelp = `For this session:
  bash   source <(${program} completion bash)
  zsh    source <(${program} completion zsh)
  fish   ${program} completion fish | source`;

/** What `cnilab help cnitool` says behind its line of usage. */
export const help = `Runs the plugins of a network here, as the CNI project's cnitool does: same arguments, same
variables, same cache. NETNS is the path of a network namespace.

Available Commands:
${commandNames.map((name) => `  ${name.padEnd(10)}  ${summaries[name]}`).join('\n')}

Flags:
  -h, --help            help for cnitool
${globalFlags}

Variables:
  NETCONFPATH   folder of the network configurations (default /etc/cni/net.d)
  CNI_PATH      folders with the plugins, separated by colons
  CNI_ARGS      arguments for the plugins: KEY=VALUE, separated by semicolons
  CAP_ARGS      capability arguments, a JSON object

Exit code: 0 all well, 1 not.`;

const overview = `Usage:
  ${program} ${usageOf('')}

${help}
`;
