import { stat } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { explainableServers, type ExplainableServer } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import { ifThere, openInside, resolveInside } from '#libs/files';
import { PhonesTable } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import type {
  BackupCopy,
  BackupCopyName,
  BackupName,
  BackupShelf,
  PhonesSource,
} from '#libs/manager';
import { silentLogger } from '#libs/observe';
import {
  shelfNames,
  shelfOf,
  withBranchBackups,
  type Shelf,
  type ShelfName,
} from '../server/backup-shelves.ts';
import { explainFor } from '../server/explain-part.ts';
import { listed } from '../server/inventory-part.ts';
import { phoneDelivery } from '../server/phone-delivery.ts';
import type { ServerPlan } from '../server/server-plan.ts';
import { withJournal } from '../server/with-journal.ts';
import type { LivePlan } from './live-plan.ts';

/** Out of the database and the folders of this machine, so that it works while the server is down. */
export function phonesSource(live: LivePlan): PhonesSource {
  const plan = async (): Promise<ServerPlan> => (await live.now()).plan;
  return {
    list: async (words, limit, offset) =>
      await withJournal(await plan(), (journal) => {
        const table = new PhonesTable(journal);
        const total = table.count();
        const found =
          words === ''
            ? { total, phones: table.list(limit, offset) }
            : table.search(words, limit, offset);
        return { total, matching: found.total, phones: found.phones.map(listed) };
      }),
    phone: async (address) =>
      await withJournal(await plan(), (journal) => {
        const phone = new PhonesTable(journal).one(address);
        return phone && listed(phone);
      }),
    explain: async ({ server, mac, model, group, ...question }) => {
      const now = await plan();
      const delivery = phoneDelivery(now, { log: silentLogger(), clock: systemClock });
      return await explainFor(now, delivery, {
        ...question,
        server: serverOf(server),
        mac: mac === '' ? undefined : mac,
        model: model === '' ? undefined : model,
        group: group === '' ? undefined : group,
      });
    },
    shelves: async () => {
      const now = await plan();
      const own = shelfNames.filter((name) => isInUse(now, name));
      return now.hub === undefined ? own : [...own, 'branches'];
    },
    names: async (shelf, words, limit, after) => {
      const now = await plan();
      if (shelf === 'branches') {
        return await withBranchBackups(now, async (backups) =>
          (await backups.list(undefined, Infinity, after))
            .filter(({ name }) => name.includes(words))
            .slice(0, limit),
        );
      }
      return await namesOn(requireShelf(now, shelf), words, limit, after);
    },
    copies: async (shelf, name) => {
      const now = await plan();
      if (shelf !== 'branches') return await copiesOn(requireShelf(now, shelf), name);
      return await withBranchBackups(now, (backups) => backups.copies(name, undefined));
    },
    read: async (copy) => {
      const now = await plan();
      if (copy.shelf !== 'branches') return await bytesOf(requireShelf(now, copy.shelf), copy);
      const name = `${copy.branch}/${copy.name}`;
      return await withBranchBackups(now, (_, shelf) => bytesOf(shelf, { ...copy, name }));
    },
    restore: async ({ shelf, branch, name, version }) => {
      const now = await plan();
      if (shelf === 'branches') {
        await withBranchBackups(now, (backups) => backups.restore(branch, name, version));
        return;
      }
      const { store } = requireShelf(now, shelf);
      await store.prepare('keep');
      await store.restore(name, version);
    },
  };
}

const isInUse = (plan: ServerPlan, name: ShelfName): boolean =>
  name === 'ftp' ? plan.ftp !== undefined : shelfOf(plan, name) !== undefined;

function requireShelf(plan: ServerPlan, name: Exclude<BackupShelf, 'branches'>): Shelf {
  const shelf = shelfOf(plan, name);
  if (shelf !== undefined) return shelf;
  throw new BranchlineError('NOT_FOUND', 'the settings open no such backups here');
}

function serverOf(text: string): ExplainableServer | undefined {
  const servers: readonly string[] = Object.keys(explainableServers);
  if (text === '') return undefined;
  if (isServer(text)) return text;
  throw new BranchlineError('USAGE', `the server is one of ${servers.join(', ')}`);
}

const isServer = (text: string): text is ExplainableServer =>
  Object.hasOwn(explainableServers, text);

async function namesOn(
  { store }: Shelf,
  words: string,
  limit: number,
  after: string,
): Promise<BackupName[]> {
  return (await store.list(Infinity, { after, removed: true }))
    .filter(({ name }) => name.includes(words))
    .slice(0, limit)
    .map(({ name, size, created }) => ({ name, size, savedAt: created }));
}

async function copiesOn({ folder, store }: Shelf, name: string): Promise<BackupCopy[]> {
  const versions = (await store.versions(name)).map(({ version, size, created }) => ({
    ...{ branch: '', version },
    ...{ size, savedAt: created },
  }));
  const now = await ifThere(stat(resolveInside(folder, name)));
  if (!now?.isFile()) return versions;
  return [
    { branch: '', version: 'current', size: now.size, savedAt: Math.floor(now.mtimeMs) },
    ...versions,
  ];
}

async function bytesOf({ folder, store }: Shelf, { name, version }: BackupCopyName) {
  const handle =
    version === 'current'
      ? (await openInside(folder, name)).handle
      : await open(await store.pathOf(name, version));
  try {
    const { size } = await handle.stat();
    // Ends with what there was when it was opened, whatever is written meanwhile.
    const bytes = handle.createReadStream({ end: Math.max(size - 1, 0), autoClose: true });
    return { bytes, size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
