import type { Chain, Rule, Table } from './namespace.ts';

/**
 * Reads what `iptables-save -c` and `ip6tables-save -c` print. Comments, such as the warning about
 * legacy tables, and lines that are not understood are passed over: a firewall that is shown in
 * part is better than none.
 */
export function parseTables(family: Table['family'], output: string): Table[] {
  const tables: Table[] = [];
  let table: Table | undefined;
  for (const line of output.split('\n')) {
    if (line.startsWith('*')) {
      table = { family, name: line.slice(1).trim(), chains: [] };
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
  return { chain, rule: { text, packets: Number(packets), bytes: Number(bytes) } };
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
