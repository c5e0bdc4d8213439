import type { CommandHandler } from './command-handler.ts';
import { dataCommands } from './data-commands.ts';
import { folderCommands } from './folder-commands.ts';
import { sessionCommands } from './session-commands.ts';
import { transferCommands } from './transfer-commands.ts';
import { longReply } from './reply.ts';

/** Every command that this server knows, by its verb. */
export const commands: ReadonlyMap<string, CommandHandler> = new Map<string, CommandHandler>([
  ...Object.entries(sessionCommands),
  ...Object.entries(folderCommands),
  ...Object.entries(dataCommands),
  ...Object.entries(transferCommands),
  ['HELP', () => longReply(214, 'These commands are known:', verbsInLines(), 'That is all.')],
]);

function verbsInLines(): string[] {
  const verbs = [...commands.keys()].toSorted();
  return Array.from({ length: Math.ceil(verbs.length / 10) }, (_, n) =>
    verbs.slice(n * 10, n * 10 + 10).join(' '),
  );
}
