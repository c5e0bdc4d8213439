import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { ifThere, ownerOf } from '#libs/files';
import { SettingsError } from '#libs/settings';
import { loadPlan } from '../server/compose.ts';

/**
 * What a command of root makes must stay the server's own: from here on it is whoever owns the state of that server.
 * Without root, and where the state is root's, nothing changes.
 */
export async function asServerUser(config: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await ownerOf(await stateOf(config));
  if (uid === 0) return;
  process.setegid?.(gid);
  process.seteuid?.(uid);
}

/** Of settings that are not there yet, or are faulty, the file's own place. */
async function stateOf(config: string): Promise<string> {
  if ((await ifThere(stat(config))) === undefined) return config;
  try {
    return (await loadPlan(config)).folders.state;
  } catch (error) {
    if (error instanceof SettingsError) return config;
    throw error;
  }
}

/** The same for a command of commander's and all below it, before each is run: `command.hook('preAction', serverUserFirst)`. */
export async function serverUserFirst(_: Command, acting: Command): Promise<void> {
  const { config } = acting.optsWithGlobals<{ readonly config: string }>();
  await asServerUser(path.resolve(config));
}
