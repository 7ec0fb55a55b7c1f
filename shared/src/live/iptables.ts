import type { Chain, Rule, Table } from './firewall.ts';

/**
 * Reads what `iptables-save -c` and `ip6tables-save -c` print; the rules have no ids yet. Comments, such as the warning about
 * legacy tables, and lines that are not understood are passed over: a firewall that is shown in
 * part is better than none.
 */
export function parseTables(
  family: 'ip' | 'ip6',
  backend: Table['backend'],
  output: string,
): Table[] {
  const tables: Table[] = [];
  let table: Table | undefined;
  for (const line of output.split('\n')) {
    if (line.startsWith('*')) {
      const name = line.slice(1).trim();
      table = { backend, family, name, syntax: 'iptables', chains: [] };
      tables.push(table);
    } else if (line === 'COMMIT') {
      table = undefined;
    } else if (table) {
      readTableLine(table, line);
    }
  }
  return tables;
}

function readTableLine(table: Table, line: string): void {
  const chain = parseChain(line);
  if (chain) {
    table.chains.push(chain);
    return;
  }
  const rule = parseRule(line);
  if (rule) chainNamed(table, rule.chain).rules.push(rule.rule);
}

/** `:INPUT ACCEPT [12:840]`; a user's chain has `-` for its policy. */
function parseChain(line: string): Chain | undefined {
  const match = /^:(\S+) (\S+)(?: \[(\d+):(\d+)\])?$/.exec(line);
  if (!match) return undefined;
  const [, name = '', policy = '-', packets = '0', bytes = '0'] = match;
  return {
    name,
    ...(policy === '-' ? {} : { policy }),
    packets: Number(packets),
    bytes: Number(bytes),
    rules: [],
  };
}

/** `[12:840] -A INPUT -j ACCEPT` */
function parseRule(line: string): { chain: string; rule: Rule } | undefined {
  const match = /^(?:\[(\d+):(\d+)\] )?(-A (\S+).*)$/.exec(line);
  if (!match) return undefined;
  const [, packets = '0', bytes = '0', text = '', chain = ''] = match;
  return { chain, rule: { id: 0, text, packets: Number(packets), bytes: Number(bytes) } };
}

function chainNamed(table: Table, name: string): Chain {
  const known = table.chains.find((chain) => chain.name === name);
  if (known) return known;
  const chain: Chain = { name, packets: 0, bytes: 0, rules: [] };
  table.chains.push(chain);
  return chain;
}

/**
 * The words of a rule. Double quotes hold a word with white space together; in them a backslash
 * takes the next character as it is, which is how iptables-save writes them.
 */
export function ruleWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '"') {
      quoted = !quoted;
      word ??= '';
    } else if (quoted && char === '\\' && i + 1 < text.length) {
      word = (word ?? '') + text.charAt(++i);
    } else if (!quoted && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * Whom a rule was made for, as CNI plugins write it in its comment: `name: "mynet" id: "web"`, with
 * `dnat` in front by portmap. Without an id when the plugin had to shorten the comment.
 */
export function ruleComment(text: string): { network?: string; containerId?: string } {
  const words = ruleWords(text);
  const comment = words[words.indexOf('--comment') + 1];
  if (comment === undefined || !words.includes('--comment')) return {};
  const match = /^(?:dnat )?name: "(.*?)" id: "([^"]*)("?)/.exec(comment);
  if (!match) return {};
  const [, network = '', containerId = '', end] = match;
  return { network, ...(end === '"' ? { containerId } : {}) };
}

/**
 * One plain sentence for a rule (`-A CHAIN …`): which packets it is about and what becomes of them.
 * What it has no words for it repeats as the rule writes it.
 */
export function explainRule(text: string): string {
  const match = readMatch(ruleWords(text));
  const { network, containerId } = ruleComment(text);
  const owner = [
    containerId === undefined ? '' : `container ${containerId}`,
    network === undefined ? '' : `network ${network}`,
  ].filter((part) => part !== '');
  const remark = owner.length > 0 ? owner.join(' of ') : match.comment;
  return `${subject(match)} ${verdict(match)}${remark ? ` (${remark})` : ''}.`;
}

/** A rule taken apart: the parts that have words of their own, and the rest. */
interface RuleMatch {
  protocol: string;
  source: string[];
  destination: string[];
  others: string[];
  comment: string;
  target: string;
  goto: boolean;
  /** Options of the target, by name. */
  options: Map<string, string>;
}

/** Modules whose options speak for themselves, so that `-m NAME` needs no words. */
const silentModules =
  /^(tcp|udp|sctp|icmp|icmp6|comment|addrtype|multiport|mark|conntrack|state|mac)$/;

function readMatch(words: string[]): RuleMatch {
  const match: RuleMatch = {
    protocol: '',
    source: [],
    destination: [],
    others: [],
    comment: '',
    target: '',
    goto: false,
    options: new Map(),
  };
  let not = false;
  for (let i = words[0] === '-A' ? 2 : 0; i < words.length; i++) {
    const option = words[i] ?? '';
    if (option === '!') {
      not = true;
      continue;
    }
    const values: string[] = [];
    while (i + 1 < words.length && !/^(!|--?[A-Za-z])/.test(words[i + 1] ?? '')) {
      values.push(words[++i] ?? '');
      // One word per comment: the next may look like anything.
      if (option === '--comment') break;
    }
    readOption(match, option, values.join(' '), not);
    not = false;
  }
  return match;
}

function readOption(match: RuleMatch, option: string, value: string, not: boolean): void {
  const but = not ? 'any but ' : '';
  const address = value.replace(/\/(32|128)$/, '');
  if (match.target !== '') match.options.set(option, value);
  else if (option === '-j' || option === '-g') {
    match.target = value;
    match.goto = option === '-g';
  } else if (option === '--comment') match.comment = value;
  else if (option === '-p' && !not) match.protocol = protocolName(value);
  else if (option === '-s') match.source.push(but + address);
  else if (option === '-d') match.destination.push(but + address);
  else if (option === '--sport' || option === '--sports') match.source.push(ports(value, not));
  else if (option === '--dport' || option === '--dports') match.destination.push(ports(value, not));
  else if (option === '--src-type') match.source.push(addressType(value, not));
  else if (option === '--dst-type') match.destination.push(addressType(value, not));
  else if (option === '-i') match.others.push(`arriving on ${but}${value}`);
  else if (option === '-o') match.others.push(`leaving by ${but}${value}`);
  else if (option === '--mark') match.others.push(`${not ? 'not ' : ''}marked ${value}`);
  else if (option === '--ctstate' || option === '--state') {
    match.others.push(connectionState(value, not));
  } else if (option !== '-m' || !silentModules.test(value)) {
    match.others.push(`matching "${[not ? '!' : '', option, value].filter(Boolean).join(' ')}"`);
  }
}

function protocolName(value: string): string {
  if (/^(ipv6-icmp|icmpv6)$/.test(value)) return 'ICMPv6 ';
  return value === 'all' ? '' : `${value.toUpperCase()} `;
}

function ports(value: string, not: boolean): string {
  return `${not ? 'any but ' : ''}port${/[,:]/.test(value) ? 's' : ''} ${value}`;
}

function addressType(value: string, not: boolean): string {
  if (value === 'LOCAL') {
    return not ? "none of this machine's own addresses" : "one of this machine's own addresses";
  }
  return `${not ? 'any but ' : ''}${value.toLowerCase()} addresses`;
}

function connectionState(value: string, not: boolean): string {
  const states = value.split(',').toSorted().join(',');
  if (not) return `not of connections in state ${value}`;
  if (states === 'ESTABLISHED,RELATED') return 'of connections that are already known';
  if (states === 'NEW') return 'that open a connection';
  if (states === 'DNAT') return 'whose destination was translated';
  return `of connections in state ${value}`;
}

function subject(match: RuleMatch): string {
  const parts = [`${match.protocol}packets`, ...match.others];
  if (match.source.length > 0) parts.push(`from ${match.source.join(', ')}`);
  if (match.destination.length > 0) parts.push(`to ${match.destination.join(', ')}`);
  const bare = parts.length === 1 && match.protocol === '';
  const sentence = bare ? 'all packets' : parts.join(' ');
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function verdict({ target, goto, options }: RuleMatch): string {
  const option = (name: string): string => options.get(name) ?? '';
  switch (target) {
    case '':
      return 'are only counted';
    case 'ACCEPT':
      return 'are accepted as they are';
    case 'DROP':
      return 'are dropped without an answer';
    case 'REJECT':
      return `are refused with ${option('--reject-with') || 'an ICMP error'}`;
    case 'RETURN':
      return 'go back to the chain they came from';
    case 'DNAT':
      return `are sent to ${option('--to-destination')} instead`;
    case 'SNAT':
      return `get ${option('--to-source')} as their source address`;
    case 'MASQUERADE':
      return 'get the address of the interface they leave by as their source address';
    case 'REDIRECT':
      return `are sent to this machine itself${option('--to-ports') && `, port ${option('--to-ports')}`}`;
    case 'MARK':
      return `get the mark ${option('--set-xmark') || option('--set-mark') || written(options)}`;
    case 'LOG':
      return 'are written to the kernel log';
    default:
      return handedOver(target, goto, options);
  }
}

function handedOver(target: string, goto: boolean, options: Map<string, string>): string {
  // A chain takes no options, a target of an extension nearly always does.
  if (goto) return `continue in chain ${target} and do not come back`;
  if (options.size === 0) return `go through chain ${target}`;
  return `are handed to ${target} with "${written(options)}"`;
}

const written = (options: Map<string, string>): string =>
  [...options].map(([name, value]) => (value === '' ? name : `${name} ${value}`)).join(' ');
