import type { Chain, Rule, Table } from './firewall.ts';
import { ruleComment, ruleWords } from './iptables.ts';

/** Whose a rule is, as far as it or its surroundings tell. */
export interface RuleOwner {
  /** The kind of plugin that writes such rules. `bridge` stands for all that masquerade. */
  plugin?: 'bridge' | 'portmap' | 'firewall';
  network?: string;
  containerId?: string;
}

/** By the chain that a rule stands in or leads to; the hash is of network and container. */
const chainsOfPlugins: readonly [RegExp, NonNullable<RuleOwner['plugin']>][] = [
  [/^CNI-(HOSTPORT-|DN-|SN-)/, 'portmap'],
  [/^CNI-(ADMIN|FORWARD|ISOLATION-STAGE-[12])$/, 'firewall'],
  [/^CNI-[0-9a-f]{24}$/, 'bridge'],
];
const pluginOfChain = (chain: string): RuleOwner['plugin'] =>
  chainsOfPlugins.find(([pattern]) => pattern.test(chain))?.[1];

/**
 * The owners of a table's rules, by their ids; rules of nobody are missing. A rule without a word
 * about its owner has that of the rules that lead to its chain, if all of them have the same one;
 * one that speaks of the address of a pod has that pod.
 * @param containers container ids by the addresses of pods, for rules that name no other owner
 */
export function ruleOwners(
  table: Table,
  containers: ReadonlyMap<string, string> = new Map(),
): Map<number, RuleOwner> {
  const owners = new Map<number, RuleOwner>();
  const jumps = jumpsTo(table.chains);
  for (const chain of table.chains) {
    const leading = jumps.get(chain.name) ?? [];
    const inherited = common(leading.map(({ text }) => ruleComment(text)));
    for (const rule of chain.rules) {
      const owner = ownerOf(rule, chain, inherited, containers);
      if (Object.keys(owner).length > 0) owners.set(rule.id, owner);
    }
  }
  return owners;
}

function ownerOf(
  { text }: Rule,
  chain: Chain,
  inherited: Pick<RuleOwner, 'network' | 'containerId'>,
  containers: ReadonlyMap<string, string>,
): RuleOwner {
  const words = ruleWords(text);
  const target = words[words.findIndex((word) => word === '-j' || word === '-g') + 1] ?? '';
  const plugin = pluginOfChain(chain.name) ?? pluginOfChain(target);
  if (plugin === undefined) return {};
  const said = ruleComment(text);
  const pod = words
    .filter((_, i) => words[i - 1] === '-s' || words[i - 1] === '-d')
    .map((address) => containers.get(address.replace(/\/(32|128)$/, '')))
    .find((id) => id !== undefined);
  const who = said.network === undefined ? inherited : said;
  return {
    plugin,
    ...who,
    ...(who.containerId === undefined && pod !== undefined ? { containerId: pod } : {}),
  };
}

function jumpsTo(chains: readonly Chain[]): Map<string, Rule[]> {
  const jumps = new Map<string, Rule[]>();
  for (const rule of chains.flatMap(({ rules }) => rules)) {
    const target = / (?:-j|-g) (\S+)/.exec(rule.text)?.[1] ?? '';
    const known = jumps.get(target);
    if (known) known.push(rule);
    else jumps.set(target, [rule]);
  }
  return jumps;
}

/** What all of them say; nothing if they differ. */
function common(owners: readonly Pick<RuleOwner, 'network' | 'containerId'>[]) {
  const [first] = owners;
  const isSame = owners.every(
    (owner) => owner.network === first?.network && owner.containerId === first?.containerId,
  );
  return first && isSame ? first : {};
}
