import { expect, it, onTestFinished } from 'vitest';
import { Journal, OutgoingTable, SqliteLedger, type NewlyReceived } from '#libs/journal';

function journal(): Journal {
  const opened = new Journal(':memory:');
  onTestFinished(() => {
    opened.close();
  });
  return opened;
}

const file = (change: Partial<NewlyReceived> = {}): NewlyReceived => ({
  branch: 'lisbon',
  kind: 'cdr',
  name: 'S000123-0001-261126-10_00',
  size: 5,
  sha256: 'aa',
  storedAs: 'S000123-0001-261126-10_00',
  modifiedMs: 1,
  receivedAt: 10,
  ...change,
});

it('keeps its id for as long as the database lives', () => {
  const one = journal();
  expect(new SqliteLedger(one).id).toBe(new SqliteLedger(one).id);
  expect(new SqliteLedger(journal()).id).not.toBe(new SqliteLedger(one).id);
});

it('holds a record for ever, and each other identity is another file', async () => {
  const ledger = new SqliteLedger(journal());
  await ledger.record([file()]);
  await ledger.record([file({ receivedAt: 20 })]);
  const others = [
    { branch: 'porto' },
    { kind: 'bcms' },
    { name: 'x' },
    { size: 6 },
    { sha256: 'bb' },
  ];
  const asked = [file(), ...others.map((change) => file(change as Partial<NewlyReceived>))];
  expect(await ledger.holds(asked)).toEqual([true, false, false, false, false, false]);
  await ledger.record([file({ sha256: 'bb', receivedAt: 30 })]);
  expect(await ledger.holds([file(), file({ sha256: 'bb' })])).toEqual([true, true]);
});

it('holds only the newest backup of a name: a telephone may go back to what it had', async () => {
  const ledger = new SqliteLedger(journal());
  const before = file({ kind: 'backup', sha256: 'aa', receivedAt: 10 });
  const after = file({ kind: 'backup', sha256: 'bb', receivedAt: 20 });
  await ledger.record([before, after]);
  expect(await ledger.holds([before, after])).toEqual([false, true]);
  await ledger.record([{ ...before, receivedAt: 30 }]);
  expect(await ledger.holds([before, after])).toEqual([true, false]);
});

it('holds the backup that came last, whatever the clock of the hub does meanwhile', async () => {
  const ledger = new SqliteLedger(journal());
  const before = file({ kind: 'backup', sha256: 'aa', receivedAt: 1_000 });
  const after = file({ kind: 'backup', sha256: 'bb', receivedAt: 20 });
  await ledger.record([before]);
  await ledger.record([after]);
  expect(await ledger.holds([before, after])).toEqual([false, true]);
  await ledger.record([{ ...before, receivedAt: 20 }]);
  expect(await ledger.holds([before, after])).toEqual([true, false]);
});

it('names first who saved last, also when that was what he had saved before', async () => {
  const ledger = new SqliteLedger(journal());
  const lisbon = file({ kind: 'backup', modifiedMs: 100, receivedAt: 110 });
  const porto = file({
    kind: 'backup',
    branch: 'porto',
    sha256: 'bb',
    modifiedMs: 200,
    receivedAt: 210,
  });
  await ledger.record([lisbon, { ...lisbon, sha256: 'cc', modifiedMs: 120, receivedAt: 130 }]);
  await ledger.record([porto]);
  await ledger.record([{ ...lisbon, modifiedMs: 300, receivedAt: 310 }]);
  const [first] = await ledger.named('backup', lisbon.name, 8);
  expect(first).toMatchObject({ branch: 'lisbon', sha256: 'aa', modifiedMs: 300 });
});

it('names of each branch the backup that lies there, not those that it has replaced', async () => {
  const ledger = new SqliteLedger(journal());
  const saved = (n: number, modifiedMs: number) =>
    file({ kind: 'backup', sha256: `a${n}`, modifiedMs, receivedAt: 1_000 + n });
  for (let n = 0; n < 10; n += 1) await ledger.record([saved(n, 500 + n)]);
  // The branch's clock has been set back.
  await ledger.record([saved(10, 5)]);
  const found = await ledger.named('backup', file().name, 8);
  expect(found.map(({ sha256 }) => sha256)).toEqual(['a10']);
});

it('names who has a backup, the last saved first, whatever a clock that is ahead claims', async () => {
  const ledger = new SqliteLedger(journal());
  const backup = { kind: 'backup', name: 'FTPdata/2001_4620data.txt' } as const;
  const saved = (branch: string, modifiedMs: number, receivedAt: number) =>
    file({ ...backup, branch, modifiedMs, receivedAt });
  await ledger.record([
    saved('lisbon', 10, 50),
    saved('porto', 30, 40),
    saved('faro', 99_999, 20),
    saved('braga', 5, 60),
  ]);
  const found = await ledger.named('backup', backup.name, 3);
  expect(found.map(({ branch }) => branch)).toEqual(['porto', 'faro', 'lisbon']);
});

it('remembers what a hub has acknowledged by its ledger, and what any has', () => {
  const table = new OutgoingTable(journal());
  const outgoing = { kind: 'cdr', name: 'a', sha256: 'aa' } as const;
  table.acknowledge('one', [outgoing], 1);
  const known = (...ledgers: string[]) => table.acknowledged('cdr', ledgers)(outgoing);
  expect([known('one'), known('two'), known('two', 'one')]).toEqual([true, false, true]);
  expect(table.acknowledged('cdr', ['one'])({ ...outgoing, sha256: 'bb' })).toBe(false);
  expect(table.acknowledged('bcms', ['one'])(outgoing)).toBe(false);
});

it('keeps totals that are what counting would find', async () => {
  const opened = journal();
  const ledger = new SqliteLedger(opened);
  const clash = { sha256: 'bb', storedAs: 'x~bb' };
  await ledger.record([file(), file(clash), file({ kind: 'backup', receivedAt: 30 })]);
  await ledger.record([file({ branch: 'porto', size: 7, receivedAt: 40 }), file()]);
  const [first, second] = await ledger.undelivered('cdr', 10);
  await ledger.delivered(first?.id ?? 0, 50);
  await ledger.damaged(second?.id ?? 0, 50);
  await ledger.purged([first?.id ?? 0], 60);
  const none = { undelivered: 0, delivered: 0, damaged: 0, conflicts: 0 };
  expect(await ledger.totals()).toEqual([
    { branch: 'lisbon', kind: 'backup', files: 1, bytes: 5, ...none, lastReceivedAt: 30 },
    {
      ...{ branch: 'lisbon', kind: 'cdr', files: 1, bytes: 5, lastReceivedAt: 10 },
      oldestUndeliveredAt: 10,
      ...{ undelivered: 1, delivered: 1, damaged: 1, conflicts: 1 },
    },
    {
      ...{ branch: 'porto', kind: 'cdr', files: 1, bytes: 7, lastReceivedAt: 40 },
      ...{ ...none, undelivered: 1, oldestUndeliveredAt: 40 },
    },
  ]);
  await ledger.record([file({ ...clash, storedAs: 'y', receivedAt: 70 })]);
  expect((await ledger.totals())[1]).toMatchObject({ damaged: 0, conflicts: 1 });
});

it('counts what waits over many names, by all ledgers of today', async () => {
  const table = new OutgoingTable(journal());
  const files = Array.from({ length: 12_000 }, (_, n) => ({
    ...{ kind: 'cdr' as const, name: `r${n}`, size: 2, modifiedMs: 1, sha256: `${n}` },
    noticedAt: 50_000 - n,
  }));
  table.record(files);
  table.acknowledge('one', files.slice(0, 4_000), 1);
  table.acknowledge('two', files.slice(3_000, 11_000), 1);
  table.acknowledge('two', [{ kind: 'cdr', name: 'r11999', sha256: 'of older bytes' }], 1);
  const all = { files: 12_000, bytes: 24_000 };
  const total = (...ledgers: string[]) => table.total('cdr', ledgers);
  expect(await total('one', 'two')).toEqual({
    ...{ ...all, waiting: 1_000, waitingBytes: 2_000, oldestWaitingAt: 38_001 },
  });
  expect(await total('one')).toMatchObject({ ...all, waiting: 8_000 });
  expect(await total()).toMatchObject({ ...all, waiting: 12_000 });
  expect(await table.total('bcms', ['one'])).toEqual({
    ...{ files: 0, bytes: 0, waiting: 0, waitingBytes: 0, oldestWaitingAt: undefined },
  });
});
