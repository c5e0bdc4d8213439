import { fileURLToPath } from 'node:url';

/** A program and what stands in front of its own arguments. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * How `branchline` is started once more from within it. Windows runs no shell script: there it is this Node with the flags and the
 * file that it runs now.
 */
export function ownProgram(
  platform: NodeJS.Platform = process.platform,
  { execPath, execArgv, argv }: Pick<NodeJS.Process, 'execPath' | 'execArgv' | 'argv'> = process,
): Program {
  if (platform === 'win32') return { command: execPath, args: [...execArgv, argv[1] ?? ''] };
  const script = new URL('./bin/branchline', import.meta.resolve('#package'));
  return { command: fileURLToPath(script), args: [] };
}
