import { Command, Option } from 'commander';
import { explainableServers, type ExplainableServer } from '#libs/delivery';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { loadPlan } from '../server/compose.ts';
import { explainFor } from '../server/explain-part.ts';
import { phoneDelivery } from '../server/phone-delivery.ts';
import { configOption } from './config-option.ts';
import { explanationText } from './explanation-text.ts';

interface ExplainOptions {
  readonly config: string;
  readonly ip: string;
  readonly server?: ExplainableServer;
  readonly mac?: string;
  readonly model?: string;
  readonly group?: string;
  readonly variable?: readonly string[];
  readonly json?: boolean;
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('what a telephone would get for a file, which access list decides, and why')
    .argument('<file>', 'name that the telephone asks for, such as 46xxsettings.txt')
    .requiredOption('--ip <address>', 'address of the telephone')
    .addOption(
      new Option(
        '--server <server>',
        'by which protocol it asks (default: the first in use)',
      ).choices(Object.keys(explainableServers)),
    )
    .option('--mac <mac>', 'its MAC address')
    .option('--model <model>', 'its model, such as J179, 9611G or 9611D01A')
    .option('--group <number>', 'its GROUP, 0 to 999')
    .option(
      '--variable <name=value>',
      'a further variable of its scripts, such as SIG=2; may be given again',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .addOption(configOption())
    .option('--json', 'print the explanation as JSON')
    .addHelpText(
      'after',
      `
Reads the settings and the folders on this machine, and decides as the server does; no server need run.
Upgrade and settings files are followed line by line; what is not known ends the way, and is named.

Example: branchline explain --ip 10.20.4.17 --model J179 --group 5 J100Supgrade.txt`,
    )
    .action(async (file: string, options: ExplainOptions) => {
      const { config, json, variable: variables, ...question } = options;
      const plan = await loadPlan(config);
      const delivery = phoneDelivery(plan, { log: silentLogger(), clock: systemClock });
      const explanation = await explainFor(plan, delivery, { ...question, variables, file });
      if (json === true) {
        process.stdout.write(`${JSON.stringify(explanation)}\n`);
        return;
      }
      process.stderr.write(`Read from the folders that ${config} names; no server was asked.\n`);
      process.stdout.write(explanationText(explanation));
    });
}
