import { Command } from 'commander';
import { loadPlan } from '../server/compose.ts';
import { serve } from '../server/serve.ts';
import { configOption } from './config-option.ts';
import { settingsFile } from './settings-file.ts';
import { version } from './version.ts';

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the server in the foreground: what systemd and containers call')
    .addOption(configOption())
    .addHelpText('after', '\nExample: branchline serve --config /etc/branchline/MV_IPTel.ini')
    .action(async ({ config }: { config: string }) => {
      const plan = await loadPlan(config, true);
      // A look, so that what an editor has written is kept as a version; a server starts without it as well.
      await settingsFile(config)
        .history()
        .catch((error: unknown) => {
          process.stderr.write(`what the settings said before is not kept: ${String(error)}\n`);
        });
      await serve(plan, version);
    });
}
