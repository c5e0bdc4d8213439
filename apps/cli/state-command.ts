import { Command } from 'commander';
import { systemClock } from '#libs/lifecycle';
import { bytes } from '#libs/pages';
import { loadPlan } from '../server/compose.ts';
import { backupState } from '../state/state-backup.ts';
import { restoreState } from '../state/state-restore.ts';
import { configOption } from './config-option.ts';
import { version } from './version.ts';

interface Options {
  readonly config: string;
}

export function stateCommand(): Command {
  return new Command('state')
    .description("a server's own state in one file: settings, database, keys, certificates")
    .addCommand(backupCommand())
    .addCommand(restoreCommand());
}

function backupCommand(): Command {
  return new Command('backup')
    .description('write it into a file; the server may run')
    .argument('<file>', 'archive to write (.tar.gz); it holds secret keys')
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nNot in it: the trees, Updates, backups of telephones, call records, the audit log.\n' +
        'Example: branchline state backup /safe/lisbon.tar.gz --config /etc/branchline/MV_IPTel.ini',
    )
    .action(async (target: string, { config }: Options) => {
      const plan = await loadPlan(config);
      const now = systemClock.now();
      const { files } = await backupState({ plan, config, target, version, now });
      const total = files.reduce((sum, { size }) => sum + size, 0);
      process.stdout.write(`${target}: ${files.length} files, ${bytes(total)}\n`);
      process.stderr.write('it holds secret keys: keep it as you would keep a master key\n');
    });
}

function restoreCommand(): Command {
  return new Command('restore')
    .description('put it back from a file; the server must not run')
    .argument('<file>', 'archive that `state backup` wrote')
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nWhat was there is set aside beside it. Afterwards a hub needs `branchline hub recover`.\n' +
        'Example: branchline state restore /safe/lisbon.tar.gz --config /etc/branchline/MV_IPTel.ini',
    )
    .action(async (archive: string, { config }: Options) => {
      const { manifest, setAside } = await restoreState({
        archive,
        config,
        now: systemClock.now(),
      });
      process.stdout.write(
        `${config}: the state of ${manifest.name} of ${manifest.writtenAt} is back\n` +
          setAside.map((aside) => `what was there before: ${aside}\n`).join(''),
      );
      const { hub } = await loadPlan(config);
      if (hub !== undefined) {
        process.stderr.write(
          `this is a hub: run \`branchline hub recover --config ${config}\` before it is started, or branches that know newer releases do not follow it\n`,
        );
      }
    });
}
