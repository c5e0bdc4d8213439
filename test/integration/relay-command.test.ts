import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Journal, OutgoingTable, SqliteLedger } from '#libs/journal';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { pushRig, sha256Of } from '../support/push-rig.ts';
import { command } from '../support/server-process.ts';
import { settingsFile } from '../support/settings-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A server that does not run, with what it remembers. */
async function site(lines: string[], remember: (journal: Journal) => void | Promise<void>) {
  const root = await tempFolder('branchline-relay-');
  const config = await settingsFile('[Settings]', `DataDir=${root}/data`, ...lines);
  await mkdir(path.join(root, 'state'));
  const use = async <T>(work: (journal: Journal) => T | Promise<T>): Promise<T> => {
    const journal = new Journal(path.join(root, 'state', 'branchline.db'));
    try {
      return await work(journal);
    } finally {
      journal.close();
    }
  };
  await use(remember);
  const relay = async (...words: string[]) => {
    const { status, stdout } = await command('relay', ...words, '--json', '--config', config);
    return { status, json: stdout === '' ? undefined : (JSON.parse(stdout) as unknown) };
  };
  return { use, relay, config };
}

const outgoing = (name: string, noticedAt: number) => ({
  ...{ kind: 'cdr' as const, name, size: 3, modifiedMs: 1, sha256: sha256Of(name), noticedAt },
});

it('says what waits at a branch, who has acknowledged what, and offers it again', async () => {
  const branch = await site(
    ['[BACKUP_SERVERS]', 'UsePrimarySvr=1', 'PrimaryIP=hub.example', 'CDRBackup=1'],
    (journal) => {
      const table = new OutgoingTable(journal);
      table.record([outgoing('a', 1_000), outgoing('b', Date.now())]);
      table.noteLedger('primary', 'L');
      table.acknowledge('L', [outgoing('b', 0)], 5_000);
      table.noteTrouble('cdr', { code: 'PEER_FULL', message: 'no room', at: 7_000 });
    },
  );
  expect(await branch.relay('status')).toMatchObject({
    json: {
      incoming: [],
      outgoing: [
        {
          ...{ kind: 'cdr', files: 2, bytes: 6, waiting: 1, waitingBytes: 3, overdue: true },
          oldestWaitingAt: new Date(1_000).toISOString(),
          acknowledged: [{ hub: 'primary', address: 'hub.example:4411', files: 1 }],
          lastError: { code: 'PEER_FULL', sentence: 'no room' },
        },
      ],
    },
  });
  const words = await command('relay', 'status', '--config', branch.config);
  expect(words.stdout).toContain('1 overdue');
  expect(await branch.relay('resend')).toMatchObject({ status: 2 });
  expect(await branch.relay('resend', '--since', 'once')).toMatchObject({ status: 2 });
  expect((await branch.relay('resend', '--name', 'x*')).json).toEqual([]);
  expect((await branch.relay('resend', '--kind', 'cdr', '--name', '?')).json).toMatchObject([
    { kind: 'cdr', name: 'b' },
  ]);
  expect(await branch.relay('status')).toMatchObject({ json: { outgoing: [{ waiting: 2 }] } });
});

it('says at a hub what has come from whom, and delivers again only what is meant', async () => {
  const received = (branch: string, name: string) => ({
    ...{ branch, name, kind: 'cdr' as const, size: 3, sha256: sha256Of(branch + name) },
    ...{ storedAs: name, modifiedMs: 1, receivedAt: 1_000 },
  });
  const hub = await site(['[BACKUP_SERVERS]', 'FileServer=1', 'CDRBackup=1'], async (journal) => {
    const ledger = new SqliteLedger(journal);
    await ledger.record([received('lisbon', 'a'), received('lisbon', 'b'), received('porto', 'a')]);
    await ledger.delivered(1, 2_000);
    await ledger.damaged(2, 2_000);
  });
  expect(await hub.relay('status')).toMatchObject({
    json: {
      outgoing: [],
      incoming: [
        { branch: 'lisbon', kind: 'cdr', files: 2, delivered: 1, waiting: 1, damaged: 1 },
        { branch: 'porto', kind: 'cdr', files: 1, delivered: 0, waiting: 1, missing: true },
      ],
    },
  });
  expect((await hub.relay('resend', '--branch', 'porto')).json).toEqual([]);
  expect((await hub.relay('resend', '--branch', 'l*')).json).toMatchObject([{ name: 'b' }]);
  const again = await hub.relay('resend', '--branch', 'l*', '--delivered');
  expect(again.json).toMatchObject([{ branch: 'lisbon', name: 'a' }]);
  const waiting = await hub.use((journal) => new SqliteLedger(journal).undelivered('cdr', 9));
  expect(waiting.map(({ id }) => id)).toEqual([1, 2, 3]);
});

it('duplicates nothing when files are offered again, and heals what was damaged at the hub', async () => {
  const hub = await HubInABox.start();
  const branch = await pushRig({ kind: 'cdr', clients: [await hub.branch('lisbon')] });
  await branch.put('a', 'one');
  await branch.run();
  const journal = new Journal(path.join(hub.folder, 'hub.db'));
  const ledger = new SqliteLedger(journal);
  const again = () => branch.table.offerAgain({ kinds: ['cdr'], name: '*', since: 0 });
  try {
    expect(again()).toHaveLength(1);
    expect(await branch.run()).toMatchObject({ state: 'done', files: [] });
    const rows = await ledger.undelivered('cdr', 9);
    expect(rows).toHaveLength(1);
    await ledger.damaged(rows[0]?.id ?? 0, 1);
    expect(again()).toHaveLength(1);
    expect(await branch.run()).toMatchObject({ files: [{ name: 'a', state: 'sent' }] });
    expect(await ledger.undelivered('cdr', 9)).toMatchObject([{ id: rows[0]?.id, name: 'a' }]);
  } finally {
    journal.close();
  }
});
