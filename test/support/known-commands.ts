import { leaves } from '../../apps/cli/man-page.ts';
import { buildProgram } from '../../apps/cli/program.ts';

/** Every command that does something, as it is typed. */
export const knownCommands = async (): Promise<string[]> =>
  leaves(await buildProgram(undefined)).map(({ name }) => name);
