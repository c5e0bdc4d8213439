import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What may follow a command: its sub-commands, then its options. */
interface Words {
  /** The words before, such as `hub invite`; empty for the program itself. */
  readonly after: string;
  readonly words: readonly string[];
}

/** A completion script for one shell, from the same tree that `--help` prints. */
export function completionFor(shell: Shell, program: Command): string {
  const all = wordsOf(program, '');
  switch (shell) {
    case 'bash':
      return bash(all);
    case 'zsh':
      return `#compdef branchline\nautoload -U +X bashcompinit && bashcompinit\n${bash(all)}`;
    case 'fish':
      return fish(all);
  }
}

function wordsOf(command: Command, after: string): Words[] {
  const options = command.createHelp().visibleOptions(command);
  const words = [
    ...command.commands.map((child) => child.name()),
    ...options.flatMap(({ long }) => (typeof long === 'string' ? [long] : [])),
  ];
  const below = command.commands.flatMap((child) =>
    wordsOf(child, `${after} ${child.name()}`.trim()),
  );
  return [{ after, words }, ...below];
}

function bash(all: readonly Words[]): string {
  const cases = all.map(({ after, words }) => `    "${after}") words="${words.join(' ')}" ;;`);
  return `_branchline() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) before="\${before:+$before }$word" ;; esac
  done
  case "$before" in
${cases.join('\n')}
  esac
  # What takes a file: let the shell complete it.
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _branchline branchline
`;
}

function fish(all: readonly Words[]): string {
  const lines = all.flatMap(({ after, words }) => {
    const parts = after === '' ? [] : after.split(' ');
    const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`).join('; and ');
    const condition = seen === '' ? '__fish_use_subcommand' : seen;
    return words.map((word) =>
      word.startsWith('--')
        ? `complete -c branchline -n '${condition}' -l ${word.slice(2)}`
        : `complete -c branchline -f -n '${condition}' -a ${word}`,
    );
  });
  return `${lines.join('\n')}\n`;
}
