import { Command } from 'commander';
import { usualPlaces } from '#libs/settings';
import { checkSettings } from './config-check.ts';
import { showDiff, showHistory, undoChange } from './config-history.ts';
import { importOldSettings } from './config-import.ts';
import { configOption } from './config-option.ts';
import { setPassword } from './config-set-password.ts';
import { showSettings } from './config-show.ts';

/** `branchline config`: look at a settings file, or make one from the former product's. */
export function configCommand(): Command {
  const config = new Command('config').description(
    'check, show, import or undo a settings file, or set its password',
  );
  config
    .command('check')
    .description('say everything that is wrong with a settings file, at once')
    .argument('<file>', 'settings file')
    .option('--json', 'print faults and warnings as JSON')
    .action(checkSettings);
  config
    .command('show')
    .description('print every setting with the value that counts; secrets are masked')
    .argument('<file>', 'settings file')
    .option('--json', 'print JSON, one object per section')
    .option('--sources', 'say where each value comes from')
    .action(showSettings);
  config
    .command('import')
    .description(
      'make a settings file from an MV_IPTel.ini of the Avaya file server; from its whole folder, bring its files as well',
    )
    .argument('<old>', 'the old file or the folder MV_IPTel, Linux or Windows; it is only read')
    .requiredOption('--to <new>', 'the file to write')
    .option(
      '--data-dir <folder>',
      'folder of the trees, in place of paths of another system',
      usualPlaces().dataDir,
    )
    .option('--force', 'replace the new file when it exists')
    .option('--json', 'print what became of each line and file as JSON')
    .action(importOldSettings);
  config
    .command('set-password')
    .description("set the super user's password: read from the keyboard, unseen, or from stdin")
    .argument('[file]', 'settings file, in place of --config')
    .addOption(configOption())
    .action(setPassword);
  addHistory(config);
  return config;
}

function addHistory(config: Command): void {
  const command = (name: string, description: string): Command =>
    config
      .command(name)
      .description(description)
      .argument('[file]', 'settings file, in place of --config')
      .addOption(configOption())
      .option('--json', 'print JSON');
  command(
    'history',
    'list what the settings file has said: who changed it, when, and what for',
  ).action(showHistory);
  command('diff', 'print the lines in which two versions differ, secrets masked')
    .option('--from <version>', 'the older one; without it the one before')
    .option('--to <version>', 'the newer one; without it what the file says now')
    .action(showDiff);
  command('undo', 'write an earlier version back, after the same checks as any change')
    .option('--to <version>', 'which; without it the one before the last change')
    .action(undoChange);
}
