import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Journal, SqliteLedger } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { Collector, RecordFolder, type CollectorLedger } from '#libs/sync';
import { sha256Of } from '../support/push-rig.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A hub that has received, and the folder that the collector reads. */
async function delivering() {
  const root = await tempFolder('branchline-delivery-');
  const inbox = path.join(root, 'CDRdata');
  const records = new RecordFolder(path.join(root, 'CDRBackup'));
  await mkdir(records.incoming, { recursive: true });
  const journal = new Journal(path.join(root, 'hub.db'));
  onTestFinished(() => {
    journal.close();
  });
  const ledger = new SqliteLedger(journal);
  const failures: string[] = [];
  const receive = async (branch: string, name: string, bytes: string): Promise<void> => {
    const identity = {
      ...{ branch, name, kind: 'cdr' as const },
      ...{ size: bytes.length, sha256: sha256Of(bytes) },
    };
    const { storedAs } = await records.putBytes(identity, Buffer.from(bytes));
    await ledger.record([{ ...identity, storedAs, modifiedMs: 1, receivedAt: Date.now() }]);
  };
  /** One start to stop of the collector; `fails` = where the process dies. */
  const deliver = async (
    fails: Partial<Record<keyof CollectorLedger, 'before' | 'after'>> = {},
  ) => {
    const step = async <T>(key: keyof CollectorLedger, work: () => Promise<T>): Promise<T> => {
      if (fails[key] === 'before') throw new Error('killed');
      const result = await work();
      if (fails[key] === 'after') throw new Error('killed');
      return result;
    };
    const mortal: CollectorLedger = {
      undelivered: (...words) => step('undelivered', () => ledger.undelivered(...words)),
      delivering: (...words) => step('delivering', () => ledger.delivering(...words)),
      delivered: (...words) => step('delivered', () => ledger.delivered(...words)),
      damaged: (...words) => step('damaged', () => ledger.damaged(...words)),
    };
    const collector = new Collector({
      ...{ kind: 'cdr', ledger: mortal, records, inbox, clock: systemClock },
      ...{ log: silentLogger(), retryMs: 60_000 },
      onFailure: (sentence) => failures.push(sentence),
      onDamaged: ({ name }) => failures.push(`${name} is damaged`),
    });
    await collector.start();
    await collector.settled();
    await collector.stop();
  };
  const visible = async (): Promise<string[]> =>
    (await readdir(inbox)).filter((name) => name !== '.branchline').toSorted();
  return { inbox, receive, deliver, visible, failures, ledger, records };
}

it('delivers each record once, with its bytes, and leaves what lies there alone', async () => {
  const hub = await delivering();
  await mkdir(hub.inbox, { recursive: true });
  await writeFile(path.join(hub.inbox, 'a'), 'of the application');
  await hub.receive('lisbon', 'a', 'one');
  await hub.receive('lisbon', 'folder/b', 'two');
  await hub.deliver();
  await hub.deliver();
  expect(await hub.visible()).toEqual(['a', 'a~lisbon', 'b']);
  expect(await readFile(path.join(hub.inbox, 'a'), 'utf8')).toBe('of the application');
  expect(await readFile(path.join(hub.inbox, 'a~lisbon'), 'utf8')).toBe('one');
  expect(await hub.ledger.undelivered('cdr', 10)).toEqual([]);
});

it.each([
  ['before its name in the inbox is committed', { delivering: 'before' }],
  ['after its name in the inbox is committed', { delivering: 'after' }],
  ['before the delivery is committed', { delivered: 'before' }],
  ['after the delivery is committed', { delivered: 'after' }],
] as const)('delivers once although it is killed %s', async (_, fails) => {
  const hub = await delivering();
  await hub.receive('lisbon', 'a', 'one');
  await hub.receive('porto', 'b', 'two');
  await hub.deliver(fails);
  expect(hub.failures).toHaveLength(1);
  // The application takes what is there, at once.
  const taken = await hub.visible();
  for (const name of taken) await rm(path.join(hub.inbox, name));
  await hub.deliver();
  expect([...taken, ...(await hub.visible())].toSorted()).toEqual(['a', 'b']);
  expect(await readdir(path.join(hub.inbox, '.branchline', 'delivering'))).toEqual([]);
});

it('overwrites nothing that came under its name between a crash and the next start', async () => {
  const hub = await delivering();
  await hub.receive('lisbon', 'a', 'one');
  await hub.deliver({ delivering: 'after' });
  await writeFile(path.join(hub.inbox, 'a'), 'of the application');
  await hub.deliver();
  expect(await hub.visible()).toEqual(['a', 'a~lisbon']);
  expect(await readFile(path.join(hub.inbox, 'a'), 'utf8')).toBe('of the application');
  expect(await readFile(path.join(hub.inbox, 'a~lisbon'), 'utf8')).toBe('one');
});

it('keeps the order, and goes on once the inbox can be written', async () => {
  const hub = await delivering();
  await hub.receive('lisbon', 'a', 'one');
  await hub.deliver({ undelivered: 'before' });
  expect(hub.failures).toEqual(['cdr records cannot be delivered']);
  await hub.deliver();
  expect(await hub.visible()).toEqual(['a']);
});

it('passes over a record that was edited or removed, and delivers it once it has come again', async () => {
  const hub = await delivering();
  for (const name of ['a', 'b', 'c']) await hub.receive('lisbon', name, `of ${name}`);
  await writeFile(hub.records.pathOf('lisbon', 'a'), 'edited');
  await rm(hub.records.pathOf('lisbon', 'b'));
  await hub.deliver();
  await hub.deliver();
  expect(await hub.visible()).toEqual(['c']);
  expect(hub.failures).toEqual(['a is damaged', 'b is damaged']);
  const identity = { branch: 'lisbon', kind: 'cdr', name: 'a', size: 4 } as const;
  const asked = { ...identity, sha256: sha256Of('of a') };
  expect(await hub.ledger.holds([asked])).toEqual([false]);
  expect(await hub.ledger.totals()).toMatchObject([{ undelivered: 2, damaged: 2, delivered: 1 }]);
  for (const name of ['a', 'b']) await hub.receive('lisbon', name, `of ${name}`);
  await hub.deliver();
  expect(await hub.visible()).toEqual(['a', 'b', 'c']);
  expect(await readFile(path.join(hub.inbox, 'a'), 'utf8')).toBe('of a');
  expect(await hub.ledger.totals()).toMatchObject([{ undelivered: 0, damaged: 0, delivered: 3 }]);
});
