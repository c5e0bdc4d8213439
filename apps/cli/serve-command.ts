import { Command } from 'commander';
import { loadPlan } from '../server/compose.ts';
import { serve } from '../server/serve.ts';
import { configOption } from './config-option.ts';
import { version } from './version.ts';

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the server in the foreground: what systemd and containers call')
    .addOption(configOption())
    .addHelpText('after', '\nExample: branchline serve --config /etc/branchline/MV_IPTel.ini')
    .action(async ({ config }: { config: string }) => {
      await serve(await loadPlan(config, true), version);
    });
}
