import { Command } from 'commander';
import { loadWatchdogPlan } from '../watchdog/watchdog-plan.ts';
import { watch } from '../watchdog/watch.ts';
import { checkOnce } from './watchdog-check.ts';
import { version } from './version.ts';
import { watchdogOption } from './watchdog-option.ts';

export function watchdogCommand(): Command {
  return new Command('watchdog')
    .description(
      'watch a server from outside, a process of its own: fetch check files, act when they stay away',
    )
    .addOption(watchdogOption())
    .addHelpText('after', '\nExample: branchline watchdog --config /etc/branchline/MV_WatchDog.ini')
    .action(async ({ config }: { config: string }) => {
      await watch(await loadWatchdogPlan(config), version);
    })
    .addCommand(checkCommand());
}

const checkCommand = (): Command =>
  new Command('check')
    .description('fetch the check files of every server that runs, once, and say what came')
    .addOption(watchdogOption())
    .option('--json', 'one object of JSON')
    .addHelpText(
      'after',
      '\nExit status 1 when a file was missed. No script is run.\n' +
        'Example: branchline watchdog check --config /etc/branchline/MV_WatchDog.ini',
    )
    .action(async (_: object, command: Command) => {
      const { config, json } = command.optsWithGlobals<{ config: string; json?: boolean }>();
      process.exitCode = await checkOnce(await loadWatchdogPlan(config), json === true);
    });
