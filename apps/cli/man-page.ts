import type { Command } from 'commander';

/** The manual page of the whole command in roff (man(7)), from the same tree that `--help` prints. */
export function manPage(program: Command, version: string): string {
  const lines = [
    `.TH BRANCHLINE 1 "" "Branchline ${version}"`,
    '.SH NAME',
    `branchline \\- ${roff(program.description())}`,
    '.SH SYNOPSIS',
    '.B branchline',
    '.I command',
    '.RI [ options ]',
    '.SH COMMANDS',
    ...leaves(program).flatMap(describe),
    '.SH EXIT STATUS',
    ...exits.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, meaning]),
    'Any other status is a failure too; new ones may be added.',
    '.SH FILES',
    '.TP',
    '.I /etc/branchline/MV_IPTel.ini',
    'settings, unless \\-\\-config or BRANCHLINE_CONFIG names others',
    '.SH ENVIRONMENT',
    '.TP',
    '.B BRANCHLINE_SECTION_KEY',
    'overrides a key of the settings',
  ];
  return `${lines.join('\n')}\n`;
}

/** What the program ends with. */
export const exits: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [1, 'failed'],
  [2, 'wrong usage'],
  [3, 'partly done: some files were refused'],
  [10, 'settings invalid'],
  [11, 'peer unreachable, or no server runs'],
  [12, 'not authorised'],
  [13, 'already running'],
  [130, 'interrupted'],
];

/** The commands that do something, each with its whole name. */
export function leaves(program: Command): { name: string; command: Command }[] {
  const below = (command: Command, name: string): { name: string; command: Command }[] => [
    ...(command.commands.length === 0 || command.options.length > 0 ? [{ name, command }] : []),
    ...command.commands.flatMap((child) => below(child, `${name} ${child.name()}`)),
  ];
  return program.commands.flatMap((command) => below(command, command.name()));
}

function describe({ name, command }: { name: string; command: Command }): string[] {
  const help = command.createHelp();
  const args = help.visibleArguments(command).map((argument) => help.argumentTerm(argument));
  return [
    '.TP',
    `.B ${roff([name, ...args.map((argument) => `<${argument}>`)].join(' '))}`,
    roff(help.commandDescription(command)),
    ...help
      .visibleOptions(command)
      .flatMap((option) => [
        '.RS',
        '.TP',
        `.B ${roff(help.optionTerm(option))}`,
        roff(help.optionDescription(option)),
        '.RE',
      ]),
  ];
}

/** A backslash, a dash and a leading dot or quote mean something in roff. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
