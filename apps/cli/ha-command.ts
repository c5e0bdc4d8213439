import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { BranchlineError } from '#libs/errors';
import { loadPlan } from '../server/compose.ts';
import { configOption } from './config-option.ts';
import { keepalivedConf } from './keepalived-conf.ts';

interface Options {
  readonly config: string;
  readonly address: string;
  readonly interface: string;
  readonly own: string;
  readonly peer: string;
  readonly routerId: string;
}

/** Where the scripts lie: beside the program, in a checkout and when installed. */
const scripts = path.join(
  path.dirname(fileURLToPath(import.meta.resolve('#package'))),
  'packaging',
  'ha',
);

export function haCommand(): Command {
  return new Command('ha').description('two servers, one address').addCommand(
    new Command('keepalived')
      .description('print the keepalived.conf of this server of a redundant pair')
      .requiredOption('--address <address/prefix>', 'address of the pair, such as 10.1.0.5/24')
      .requiredOption('--interface <device>', 'network device of this server, such as eth0')
      .requiredOption('--own <address>', 'address of this server')
      .requiredOption('--peer <address>', 'address of the other server')
      .option('--router-id <number>', '1 to 255: the same at both, no other pair here has it', '51')
      .addOption(configOption())
      .addHelpText(
        'after',
        '\nExample: branchline ha keepalived --address 10.1.0.5/24 --interface eth0 --own 10.1.0.3 --peer 10.1.0.4 > /etc/keepalived/keepalived.conf',
      )
      .action(async (options: Options) => {
        const { status, bindAddress } = await loadPlan(options.config);
        if (!['0.0.0.0', '::'].includes(bindAddress)) {
          throw new BranchlineError(
            'SETTINGS_INVALID',
            `${options.config}: with BindAddress=${bindAddress} nothing would answer at the address of the pair; set it to 0.0.0.0 or ::`,
          );
        }
        if (status === undefined) {
          throw new BranchlineError(
            'SETTINGS_INVALID',
            `${options.config}: RunStatus is 0, so that keepalived could not see how the server is; set it to 1`,
          );
        }
        const conf = keepalivedConf({
          ...options,
          routerId: Number(options.routerId),
          statusPort: status.port,
          check: path.join(scripts, 'check-server'),
          notify: path.join(scripts, 'notify'),
        });
        process.stdout.write(conf);
      }),
  );
}
