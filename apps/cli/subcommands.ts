import type { Command } from 'commander';
import { configCommand } from './config-command.ts';
import { demoCommand } from './demo-command.ts';
import { hubCommand } from './hub-command.ts';
import { joinCommand } from './join-command.ts';
import { serveCommand } from './serve-command.ts';
import { statusCommand } from './status-command.ts';
import { syncCommand } from './sync-command.ts';

/** Every sub-command, each in a file of its own; loaded together so that help and completion see them all. */
export const subcommands = (): Command[] => [
  serveCommand(),
  demoCommand(),
  configCommand(),
  hubCommand(),
  joinCommand(),
  syncCommand(),
  statusCommand(),
];
