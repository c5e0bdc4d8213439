import type { Command } from 'commander';
import { exits, leaves } from '../cli/man-page.ts';

/** docs/reference/commands.md, from the same tree that `--help` prints. */
export function commandReference(program: Command): string {
  const lines = [
    '# Commands',
    '',
    '`npm run docs` writes this page from the program; `branchline COMMAND --help` says the same, with examples. Results go to standard output,',
    'everything else to standard error; `--json` wherever a script reads.',
    '',
    '## Exit status',
    '',
    ...exits.map(([code, words]) => `- \`${String(code)}\` ${words}`),
    '',
    'Any other status is a failure too; new ones may be added.',
    ...leaves(program).flatMap(described),
  ];
  return `${lines.join('\n')}\n`;
}

function described({ name, command }: { name: string; command: Command }): string[] {
  const help = command.createHelp();
  const words = help.visibleArguments(command).map((argument) => {
    const term = help.argumentTerm(argument);
    const whole = argument.variadic ? `${term}...` : term;
    return argument.required ? `<${whole}>` : `[${whole}]`;
  });
  const items = [
    ...help
      .visibleArguments(command)
      .map((argument) => [`<${help.argumentTerm(argument)}>`, help.argumentDescription(argument)]),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map((option) => [help.optionTerm(option), help.optionDescription(option)]),
  ];
  return [
    '',
    `## \`${['branchline', name, ...words].join(' ')}\``,
    '',
    sentence(help.commandDescription(command)),
    ...(items.length === 0 ? [] : ['']),
    ...items.map(([term = '', words = '']) => `- \`${term}\` ${plain(words)}`),
  ];
}

/** As text: what Markdown would take for its own is written as it is. */
const plain = (text: string): string =>
  text.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/(?<!`)([*_<>])(?![^`]*`)/g, '\\$1');

const sentence = (text: string): string =>
  `${plain(text).charAt(0).toUpperCase()}${plain(text).slice(1)}.`;
