import { fileURLToPath } from 'node:url';
import { errorCodes } from '#libs/errors';
import { SupervisedProcess } from '#libs/lifecycle';

const branchline = fileURLToPath(new URL('./bin/branchline', import.meta.resolve('#package')));

/** Faults of the settings, and another server in its place, do not go away by starting again. */
const hopeless = [
  errorCodes.USAGE.exit,
  errorCodes.SETTINGS_INVALID.exit,
  errorCodes.ALREADY_RUNNING.exit,
];

/** `branchline serve` in a process of its own, kept running by this one. */
export const supervisedServer = (config: string): SupervisedProcess =>
  new SupervisedProcess({
    name: 'server',
    command: branchline,
    args: ['serve', '--config', config],
    hopeless,
  });
