import type { UpdatesSource } from '#libs/manager';
import type { ServerClient } from '../server/server-client.ts';
import { UpdatesClient } from '../server/updates-client.ts';
import { whileRunning } from './while-running.ts';

/** Updates by the running server, which alone decides about them. */
export function updatesSource(client: () => Promise<ServerClient>): UpdatesSource {
  const updates = async (): Promise<UpdatesClient> => new UpdatesClient(await client());
  return {
    now: () => Date.now(),
    list: (page) => whileRunning(async () => (await updates()).list(page)),
    upload: async (upload) => (await updates()).upload(upload),
    look: async (draft) => (await updates()).look(draft),
    discard: async (draft, by) => (await updates()).discard(draft, by),
    publish: async (draft, replaces, by) => (await updates()).publish(draft, replaces, by),
    lookAtRollBack: async (choice) => (await updates()).lookAtRollBack(choice),
    rollBack: async (choice, by) => (await updates()).rollBack(choice, by),
    withdraw: async (name, sha256, by) => (await updates()).withdraw(name, sha256, by),
  };
}
