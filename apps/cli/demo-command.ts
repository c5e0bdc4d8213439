import { Command } from 'commander';
import { runDemo } from '../demo/demo.ts';

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'try it: a hub and two branches on this machine; firmware comes down, a backup goes up and follows its user',
    )
    .option('--once', 'end by itself when all is checked')
    .addHelpText('after', '\nNothing is left behind: all of it lives in a temporary folder.')
    .action(async ({ once }: { once?: boolean }) => {
      await runDemo({ once: once === true, out: process.stdout, err: process.stderr });
    });
}
