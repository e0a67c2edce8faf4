// `klamm completion SHELL`: a script that completes commands, flags and their choices, written from the command table.

import { nearest } from '@klamm/base/config';
import type { CommandRun, CommandSpec, FlagSpec } from '../command.ts';
import { globalFlags } from '../global-flags.ts';
import { usageError } from '../usage-error.ts';
import { commands } from './table.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const completion: CommandRun = async (context, [name]) => {
  const shell = SHELLS.find((known) => known === name);
  if (shell === undefined) {
    const near = nearest(String(name), SHELLS);
    throw usageError(
      `completion ${name}: there are ${SHELLS.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
    );
  }
  await context.write(completionScript(shell));
};

/** A place in the command line (`topic create`) and what may follow there. */
interface Place {
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly about: string }[];
  readonly flags: readonly FlagSpec[];
}

function places(specs: readonly CommandSpec[] = commands, path = ''): Place[] {
  const words = specs.map(({ name, about }) => ({ word: name, about }));
  const below = specs.flatMap((spec) =>
    [spec.name, ...(spec.aliases ?? [])].flatMap((name) => {
      const here = path === '' ? name : `${path} ${name}`;
      if (spec.commands !== undefined) return places(spec.commands, here);
      const choices =
        spec.name === 'completion' ? SHELLS.map((shell) => ({ word: shell, about: `for ${shell}` })) : [];
      return [{ path: here, words: choices, flags: [...(spec.flags ?? []), ...globalFlags(spec)] }];
    }),
  );
  return [{ path, words, flags: [] }, ...below];
}

const flagWords = ({ flags }: FlagSpec): string[] => flags.match(/(?<![\w-])--?[\w-]+/g) ?? [];

export function completionScript(shell: (typeof SHELLS)[number]): string {
  if (shell === 'fish') return fishScript();
  const cases = places().map(({ path, words, flags }) => {
    const all = [...words.map(({ word }) => word), ...flags.flatMap(flagWords), '--help'];
    return `    '${path}') words='${all.join(' ')}' ;;`;
  });
  const choices = new Map(
    places().flatMap(({ flags }) =>
      flags.flatMap((flag) =>
        flag.choices === undefined
          ? []
          : flagWords(flag).map((word) => [word, flag.choices?.join(' ')] as const),
      ),
    ),
  );
  // A letter may stand for different flags in different commands, so only long names complete their values.
  const values = [...choices].filter(([word]) => word.startsWith('--'));
  const script = `_klamm() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      -*) ;;
      *) case "$path" in '' | topic | topics | cluster | clusters) path="\${path:+$path }$word" ;; *) break ;; esac ;;
    esac
  done
  case "$previous" in
${values.map(([word, list]) => `    ${word}) COMPREPLY=($(compgen -W '${list}' -- "$current")); return ;;`).join('\n')}
    --data | --config | -c | -d) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _klamm klamm
`;
  return shell === 'bash' ? script : `#compdef klamm\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

function fishScript(): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = places().flatMap(({ path, words, flags }) => {
    const [noun, verb] = path.split(' ');
    const when =
      path === ''
        ? '__fish_use_subcommand'
        : `__fish_seen_subcommand_from ${noun}${
            verb === undefined
              ? `; and not __fish_seen_subcommand_from ${words.map(({ word }) => word).join(' ')}`
              : `; and __fish_seen_subcommand_from ${verb}`
          }`;
    const condition = words.length > 0 && flags.length > 0 ? `__fish_seen_subcommand_from ${noun}` : when;
    return [
      ...words.map(
        ({ word, about }) => `complete -c klamm -f -n ${quoted(condition)} -a ${word} -d ${quoted(about)}`,
      ),
      ...flags.map((flag) => {
        const long = flagWords(flag).find((word) => word.startsWith('--'));
        const short = flagWords(flag).find((word) => /^-\w$/.test(word));
        const value = /[<[]/.test(flag.flags)
          ? flag.choices === undefined
            ? ' -r'
            : ` -x -a ${quoted(flag.choices.join(' '))}`
          : '';
        return `complete -c klamm -n ${quoted(when)}${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long?.slice(2)}${value} -d ${quoted(flag.about)}`;
      }),
    ];
  });
  return `${lines.join('\n')}\n`;
}
