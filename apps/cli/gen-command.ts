import { Argument, Command } from 'commander';
import { openapi } from '#libs/pages';
import { jsonSchema } from '#libs/settings';
import { completionFor, shells, type Shell } from './completion.ts';
import { manPage } from './man-page.ts';
import { version } from './version.ts';

/** What packages ship beside the program, made from the program itself. `program` gives the whole command. */
export function genCommand(program: () => Promise<Command>): Command {
  const gen = new Command('gen').description(
    'print what goes with the program: manual page, completion, schemas',
  );
  gen
    .command('man')
    .description('the manual page, for man(1)')
    .action(async () => {
      process.stdout.write(manPage(await program(), version));
    });
  gen
    .command('completion')
    .description('completion for a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action(async (shell: Shell) => {
      process.stdout.write(completionFor(shell, await program()));
    });
  gen
    .command('schema')
    .description('JSON Schema of the settings')
    .action(() => {
      process.stdout.write(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
    });
  gen
    .command('openapi')
    .description('OpenAPI description of the status port')
    .action(() => {
      process.stdout.write(`${JSON.stringify(openapi(), undefined, 2)}\n`);
    });
  return gen;
}
