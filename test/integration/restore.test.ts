import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { BackupStore } from '#libs/backups';
import { systemClock } from '#libs/lifecycle';
import type { HubClient } from '#libs/link';
import { silentLogger } from '#libs/observe';
import { CircuitBreaker, RestoreOnDemand } from '#libs/sync';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { sha256Of } from '../support/push-rig.ts';
import { tempFolder } from '../support/temp-folder.ts';

const name = '2001_4620data.txt';

/** A branch whose telephones ask: its folder, and how often its hubs were asked. */
async function restoring(clients: readonly HubClient[], patienceMs = 3_000) {
  const folder = await tempFolder('branchline-restore-');
  const store = new BackupStore({
    ...{ folder, maxBytes: 1e7, maxFiles: 100, maxTotalBytes: 1e8 },
    ...{ keepVersions: 3, keepBytes: 1e7, reserveBytes: 0 },
  });
  await store.prepare();
  let asked = 0;
  const hubs = clients.map((client, n) => ({
    peer: n === 0 ? ('primary' as const) : ('secondary' as const),
    address: client.address,
    breaker: new CircuitBreaker(systemClock),
    restores: {
      newest: (...words: Parameters<HubClient['restores']['newest']>) => {
        asked += 1;
        return client.restores.newest(...words);
      },
    },
  }));
  const log = silentLogger();
  let later = 0;
  const clock = { now: () => Date.now() + later };
  const restore = new RestoreOnDemand({
    ...{ hubs, prefix: 'FTPdata', folder, store, clock, log, patienceMs },
  });
  const here = async (): Promise<string> => await readFile(path.join(folder, name), 'utf8');
  const wait = (ms: number): void => {
    later += ms;
  };
  return { folder, restore, here, asked: () => asked, wait };
}

/** What a telephone saved at a branch, `agoMs` ago, and is at the hub. */
async function savedAt(client: HubClient, bytes: string, agoMs: number): Promise<void> {
  const file = {
    name: `FTPdata/${name}`,
    size: bytes.length,
    sha256: sha256Of(bytes),
    modified: Date.now() - agoMs,
  };
  const problems = await client.uploads.sendAll('backup', [{ file, bytes: Buffer.from(bytes) }]);
  expect(problems).toEqual([undefined]);
}

it('brings a backup of another branch, asked for once by a hundred telephones', async () => {
  const hub = await HubInABox.start();
  await savedAt(await hub.branch('lisbon'), 'Ana at Lisbon', 60_000);
  const porto = await restoring([await hub.branch('porto')]);
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, () => porto.restore.freshen(name)),
  );
  expect(new Set(outcomes)).toEqual(new Set(['brought']));
  expect(porto.asked()).toBe(1);
  expect(await porto.here()).toBe('Ana at Lisbon');
  porto.wait(5_000);
  expect(await porto.restore.freshen(name)).toBe('kept');
});

it('keeps the time at which it was saved: a copy that came back never wins over what was saved since', async () => {
  const hub = await HubInABox.start();
  const lisbon = await hub.branch('lisbon');
  await savedAt(lisbon, 'old', 60_000);
  const portoClient = await hub.branch('porto');
  const porto = await restoring([portoClient]);
  expect(await porto.restore.freshen(name)).toBe('brought');
  const { mtimeMs } = await stat(path.join(porto.folder, name));
  // Saved before the copy was fetched, sent up after it: as a branch does that sends once an hour.
  await savedAt(lisbon, 'new', 30_000);
  await savedAt(portoClient, 'old', Date.now() - mtimeMs);
  const faro = await restoring([await hub.branch('faro')]);
  expect(await faro.restore.freshen(name)).toBe('brought');
  expect(await faro.here()).toBe('new');
});

it('takes the newest of two branches, and never puts an older one over a newer one of its own', async () => {
  const hub = await HubInABox.start();
  await savedAt(await hub.branch('faro'), 'newer', 60_000);
  await savedAt(await hub.branch('lisbon'), 'older, and came later', 120_000);
  const porto = await restoring([await hub.branch('porto')]);
  const file = path.join(porto.folder, name);
  await writeFile(file, 'own, saved just now, not sent up yet');
  expect(await porto.restore.freshen(name)).toBe('kept');
  expect(await porto.here()).toBe('own, saved just now, not sent up yet');

  porto.wait(5_000);
  const longAgo = Date.now() / 1_000 - 3_600;
  await utimes(file, longAgo, longAgo);
  expect(await porto.restore.freshen(name)).toBe('brought');
  expect(await porto.here()).toBe('newer');
});

it('believes for a while that nobody has it, and says so at once', async () => {
  const hub = await HubInABox.start();
  const porto = await restoring([await hub.branch('porto')]);
  expect(await porto.restore.freshen(name)).toBe('absent');
  expect(await porto.restore.freshen(name)).toBe('absent');
  expect(porto.asked()).toBe(1);
});

it('asks the secondary when the primary is away or has nothing', async () => {
  const [first, second] = [await HubInABox.start(), await HubInABox.start()];
  await savedAt(await second.branch('lisbon'), 'at the secondary', 60_000);
  const clients = [await first.branch('porto'), await second.branch('porto')];
  const porto = await restoring(clients);
  expect(await porto.restore.freshen(name)).toBe('brought');

  await first.stop();
  const faro = await restoring(clients);
  expect(await faro.restore.freshen(name)).toBe('brought');
  expect(await faro.here()).toBe('at the secondary');
});

it('says quickly that no hub could be asked, and leaves what is here', async () => {
  const hub = await HubInABox.start();
  const client = await hub.branch('porto');
  await hub.stop();
  const porto = await restoring([client], 500);
  await writeFile(path.join(porto.folder, name), 'here');
  expect(await porto.restore.freshen(name)).toBe('away');
  expect(await porto.here()).toBe('here');
});

it('gives nothing that is not what came up: an edited copy is passed over', async () => {
  const hub = await HubInABox.start();
  await savedAt(await hub.branch('lisbon'), 'as saved', 60_000);
  const copy = path.join(hub.folder, 'Backup', 'lisbon', 'FTPdata', name);
  await writeFile(copy, 'as edited');
  const porto = await restoring([await hub.branch('porto')]);
  expect(await porto.restore.freshen(name)).toBe('absent');
});
