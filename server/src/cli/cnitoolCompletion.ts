import { listOfPlugin } from '@cnilab/shared/cni/config';
import { confFiles, networkConfFromFile, networkPluginConfFromFile } from '../cni/load.ts';
import { commandNames, networksCommand, verbSummaries } from './cnitoolHelp.ts';

/** The networks of a folder, each once, lists first; files that cannot be read have none. */
export async function networkNames(directory: string): Promise<string[]> {
  const lists = await confFiles(directory, ['.conflist']).catch(() => []);
  const plugins = await confFiles(directory, ['.conf', '.json']).catch(() => []);
  const names = await Promise.all([
    ...lists.map((file) => networkConfFromFile(file).then(nameOf, none)),
    ...plugins.map((file) =>
      networkPluginConfFromFile(file).then((plugin) => nameOf(listOfPlugin(plugin)), none),
    ),
  ]);
  return [...new Set(names.filter((name) => name !== ''))];
}

const nameOf = ({ name }: { name: string }): string => name;
const none = (): string => '';

const commands = commandNames.join(' ');
const verbs = Object.keys(verbSummaries);
const flags = '-h --help -i --ifname -v --verbose';
const shells = 'bash zsh fish';

/**
 * Each script completes `cnilab cnitool …`, and `cnitool …` for those who call it so: commands
 * and flags, then the name of a network, then the path of a namespace. It counts what is no flag
 * before the cursor, and passes over the value of --ifname.
 */
const scripts: Readonly<Record<string, string>> = {
  bash: `# bash completion for cnitool
_cnilab_cnitool() {
  local cur=\${COMP_WORDS[COMP_CWORD]} word skip='' offers='' at=1
  local operands=() run=("\${COMP_WORDS[0]}")
  COMPREPLY=()
  if [[ \${run[0]##*/} == cnilab ]]; then
    [[ $COMP_CWORD -gt 1 && \${COMP_WORDS[1]} == cnitool ]] || return 0
    at=2 run+=(cnitool)
  fi
  for word in "\${COMP_WORDS[@]:at:COMP_CWORD-at}"; do
    if [[ $word == = ]]; then skip=1
    elif [[ -n $skip ]]; then skip=''
    elif [[ $word == -i || $word == --ifname ]]; then skip=1
    elif [[ $word != -* ]]; then operands+=("$word")
    fi
  done
  [[ -z $skip && $cur != = ]] || return 0
  if [[ $cur == -* ]]; then offers='${flags}'
  else
    case "\${#operands[@]} \${operands[0]-}" in
      '0 '*|'1 help') offers='${commands}' ;;
      '1 completion') offers='${shells}' ;;
${verbs.map((verb) => `      '1 ${verb}'`).join('|\\\n')}) offers=$("\${run[@]}" ${networksCommand} 2>/dev/null) ;;
${verbs.map((verb) => `      '2 ${verb}'`).join('|\\\n')}) mapfile -t COMPREPLY < <(compgen -f -- "\${cur:-/run/netns/}"); return 0 ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$offers" -- "$cur")
}
complete -o filenames -F _cnilab_cnitool cnitool cnilab
`,
  zsh: `#compdef cnitool cnilab
# zsh completion for cnitool
_cnitool() {
  local word skip=''
  local -a before operands run
  before=("\${(@)words[2,CURRENT-1]}")
  run=("\${words[1]}")
  if [[ \${words[1]:t} == cnilab ]]; then
    [[ \${before[1]} == cnitool ]] || return 1
    run+=(cnitool)
    shift before
  fi
  for word in "\${(@)before}"; do
    if [[ -n $skip ]]; then skip=''
    elif [[ $word == (-i|--ifname) ]]; then skip=1
    elif [[ $word != -* ]]; then operands+=("$word")
    fi
  done
  [[ -z $skip ]] || return 1
  if [[ $PREFIX == -* ]]; then
    compadd -- ${flags}
    return
  fi
  case "\${#operands} \${operands[1]}" in
    ('0 '*|'1 help') compadd -- ${commands} ;;
    ('1 completion') compadd -- ${shells} ;;
    ('1 '(${verbs.join('|')})) compadd -- \${(f)"$("\${run[@]}" ${networksCommand} 2>/dev/null)"} ;;
    ('2 '(${verbs.join('|')})) _files ;;
    (*) return 1 ;;
  esac
}
if [[ \${funcstack[1]} == _cnitool ]]; then _cnitool "$@"; else compdef _cnitool cnitool cnilab; fi
`,
  fish: `# fish completion for cnitool
function __cnitool_operands
    set -l words (commandline -opc)
    if test (string replace -r '.*/' '' -- $words[1]) = cnilab
        test "$words[2]" = cnitool; or return 1
        set -e words[2]
    end
    set -e words[1]
    set -l skip
    for word in $words
        if set -q skip[1]
            set -e skip
            set -l skip
        else if contains -- $word -i --ifname
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
    return 0
end
function __cnitool_at
    set -l operands (__cnitool_operands); or return 1
    test (count $operands) = $argv[1]; or return 1
    test (count $argv) = 1; or contains -- $operands[1] $argv[2..-1]
end
function __cnitool_any
    __cnitool_operands >/dev/null
end
function __cnitool_networks
    set -l words (commandline -opc)
    if test (string replace -r '.*/' '' -- $words[1]) = cnilab
        $words[1] cnitool ${networksCommand} 2>/dev/null
    else
        $words[1] ${networksCommand} 2>/dev/null
    end
end
for program in cnitool cnilab
    complete -c $program -n __cnitool_any -f
    complete -c $program -n '__cnitool_at 0' -a '${commands}'
    complete -c $program -n '__cnitool_at 1 help' -a '${commands}'
    complete -c $program -n '__cnitool_at 1 completion' -a '${shells}'
    complete -c $program -n '__cnitool_at 1 ${verbs.join(' ')}' -a '(__cnitool_networks)'
    complete -c $program -n '__cnitool_at 2 ${verbs.join(' ')}' -F
    complete -c $program -n __cnitool_any -s h -l help -d 'help'
    complete -c $program -n __cnitool_any -s i -l ifname -x -d 'name of the interface'
    complete -c $program -n __cnitool_any -s v -l verbose -d 'tell what each plugin got and gave'
end
`,
};

/** The script for a shell; undefined if there is none. */
export const completionScript = (shell: string): string | undefined =>
  Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
