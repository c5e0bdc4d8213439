import { Command } from 'commander';
import { subcommands } from './subcommands.ts';
import { version } from './version.ts';

/** The whole command, or the part of it that `asked` names: loading is most of a short command's time. */
export async function buildProgram(asked: string | undefined): Promise<Command> {
  const program = new Command('branchline')
    .description('The file server that keeps telephones alive, from head office to every branch.')
    .version(version)
    .addHelpText(
      'after',
      `
Exit status: 0 done · 1 failed · 2 usage · 3 partly done · 10 settings invalid · 11 peer unreachable
             12 not authorised · 13 already running · 130 interrupted. Any other is a failure too.`,
    );
  for (const command of await subcommands(asked)) program.addCommand(command);
  // Sub-commands do not inherit it: without this, commander would end the process with its own codes.
  for (const command of [program, ...allBelow(program)]) command.exitOverride();
  return program;
}

function allBelow(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...allBelow(child)]);
}
