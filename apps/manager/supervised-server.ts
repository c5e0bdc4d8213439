import { errorCodes } from '#libs/errors';
import { ownProgram, SupervisedProcess } from '#libs/lifecycle';

/** Faults of the settings, and another server in its place, do not go away by starting again. */
const hopeless = [
  errorCodes.USAGE.exit,
  errorCodes.SETTINGS_INVALID.exit,
  errorCodes.ALREADY_RUNNING.exit,
];

/** `branchline serve` in a process of its own, kept running by this one. */
export function supervisedServer(config: string): SupervisedProcess {
  const { command, args } = ownProgram();
  return new SupervisedProcess({
    name: 'server',
    command,
    args: [...args, 'serve', '--config', config],
    hopeless,
  });
}
