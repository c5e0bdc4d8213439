import { Command } from 'commander';
import { SetUpLink } from '#libs/manager';
import { systemClock } from '#libs/lifecycle';
import { createLogger } from '#libs/observe';
import { LivePlan } from '../manager/live-plan.ts';
import { linkBase, manage } from '../manager/manage.ts';
import { loadManagerPlan } from '../manager/manager-plan.ts';
import { serverUserFirst } from './as-server-user.ts';
import { configOption } from './config-option.ts';
import { startingSettings } from './settings-file.ts';
import { version } from './version.ts';

interface Options {
  readonly config: string;
  readonly withServer?: boolean;
}

export function managerCommand(): Command {
  return new Command('manager')
    .description('run the web administration in the foreground, a process of its own')
    .addOption(configOption())
    .option(
      '--with-server',
      'keep the server running as well, where no systemd does: in a process of its own, ended with this one',
    )
    .addHelpText(
      'after',
      '\nThe first start prints a link with which the first administrator sets a password.\n' +
        'Example: branchline manager --config /etc/branchline/MV_IPTel.ini',
    )
    .action(async ({ config, withServer = false }: Options) => {
      await startingSettings(config);
      const { plan } = await new LivePlan(config).now();
      const output = createLogger({
        level: plan.log.detailed ? 'debug' : 'info',
        stdout: true,
        maxBytes: 0,
        files: 0,
      });
      try {
        const manager = await loadManagerPlan(config);
        await manage({ plan, manager, config, withServer, version, log: output.log });
      } finally {
        await output.close();
      }
    })
    .addCommand(linkCommand());
}

function linkCommand(): Command {
  return new Command('link')
    .description('print a link, good once, with which an administrator sets a name and password')
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nExample: branchline manager link --config /etc/branchline/MV_IPTel.ini',
    )
    .hook('preAction', serverUserFirst)
    .action(async (_: object, command: Command) => {
      // The command above has the same option, and takes it wherever it stands.
      const { config } = command.optsWithGlobals<Options>();
      const manager = await loadManagerPlan(config);
      const token = await new SetUpLink(manager.folder, systemClock).make();
      process.stdout.write(`${linkBase(manager, manager.port)}/set-up?token=${token}\n`);
    });
}
