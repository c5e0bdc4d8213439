import { Command, CommanderError } from 'commander';
import { reportFailure } from './report-failure.ts';
import { subcommands } from './subcommands.ts';
import { version } from './version.ts';

/** The `branchline` command: results on stdout, everything else on stderr, one exit code per kind of ending. */
const program = new Command('branchline')
  .description('The file server that keeps telephones alive, from head office to every branch.')
  .version(version)
  .addHelpText(
    'after',
    `
Exit status: 0 done · 1 failed · 2 usage · 3 partly done · 10 settings invalid · 11 peer unreachable
             12 not authorised · 13 already running · 130 interrupted. Any other is a failure too.`,
  );
for (const command of await subcommands(process.argv[2])) program.addCommand(command);
// Sub-commands do not inherit it: without this, commander would end the process with its own codes.
for (const command of [program, ...allBelow(program)]) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = reportFailure(error);
}

function allBelow(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...allBelow(child)]);
}
