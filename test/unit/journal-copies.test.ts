import { expect, it, onTestFinished } from 'vitest';
import {
  HubPair,
  Journal,
  PeerHoldings,
  SqliteLedger,
  type LackingFile,
  type LedgerRow,
} from '#libs/journal';

const identity = { branch: 'lisbon', kind: 'cdr', size: 1, sha256: 'aa' } as const;
const stored = { modified: 3, received: 5, saved: 3 };

function hub() {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  const ledger = new SqliteLedger(journal, { paired: true });
  const pair = new HubPair(journal, ledger.id);
  pair.setPaired(true);
  const holdings = new PeerHoldings(journal, ['backup', 'cdr']);
  return {
    ...{ journal, ledger, pair, holdings },
    hear: (...rows: LedgerRow[]) =>
      pair.learn({ ledger: 'other', rows, next: rows.at(-1)?.change ?? 0, complete: true }, 9),
    lacking: () => holdings.next(99).map(({ name }) => name),
    take: (row: LedgerRow | LackingFile, told = row.stored ?? stored) =>
      ledger.recordCopy({
        ...{ branch: row.branch, kind: row.kind, name: row.name, size: row.size },
        ...{ sha256: row.sha256, storedAs: row.name, modifiedMs: told.modified },
        ...{ receivedAt: told.received, savedAt: told.saved },
        deliveredAt: row.delivered ? 9 : undefined,
      }),
    come: (name: string, change: Partial<Parameters<SqliteLedger['record']>[0][number]> = {}) =>
      ledger.record([
        { ...identity, name, storedAs: name, modifiedMs: 1, receivedAt: 1, ...change },
      ]),
  };
}

const row = (name: string, change: number, told: Partial<LedgerRow> = {}): LedgerRow => ({
  ...{ ...identity, name, change, claim: 'held', whole: true, delivered: false, stored, ...told },
});
const backup = (sha256: string, saved: number, change = saved): LedgerRow =>
  row('x', change, { kind: 'backup', sha256, claim: 'mine', stored: { ...stored, saved } });

it('lacks what the other hub can give and this one has never had, the undelivered first', async () => {
  const { hear, lacking, holdings, come } = hub();
  await come('here');
  hear(
    row('delivered', 1, { claim: 'mine', delivered: true }),
    row('here', 2),
    row('a', 3),
    row('damaged there', 4, { whole: false }),
    row('purged there', 5, { stored: undefined }),
    row('not taken here', 6, { kind: 'bcms' }),
    row('b', 7, { claim: 'yielded' }),
  );
  expect(lacking()).toEqual(['a', 'b', 'delivered']);
  expect(holdings.total()).toEqual({ files: 3, bytes: 3 });
  expect(holdings.next(9, { over: 1 })).toEqual([]);
  await come('a');
  holdings.passOver(row('b', 7));
  expect(lacking()).toEqual(['delivered']);
  hear(row('b', 8), row('delivered', 9, { stored: undefined }));
  expect(lacking()).toEqual(['b']);
});

it.each(['held', 'mine', 'yielded'] as const)(
  'never delivers a copy of what the other hub calls %s, unless an operator says so',
  async (claim) => {
    const { ledger, pair, hear, take } = hub();
    const told = row('a', 1, { claim });
    hear(told);
    await take(told);
    await pair.decide(pair.newest(), 9);
    expect(await ledger.undelivered('cdr', 9)).toEqual([]);
    // Nor when the other hub is given up.
    pair.setPaired(false);
    expect(await ledger.undelivered('cdr', 9)).toEqual([]);
    expect(pair.page(0, 9).rows).toMatchObject([{ name: 'a', claim: 'yielded' }]);
    expect(await ledger.totals()).toMatchObject([{ undelivered: 1, lastReceivedAt: 5 }]);
    const again = { kinds: ['cdr'], name: '*', branch: '*', since: 5, delivered: true } as const;
    await ledger.deliverAgain(again, 9);
    expect(await ledger.undelivered('cdr', 9)).toMatchObject([{ name: 'a' }]);
  },
);

it('lets the other hub deliver what both have, and purges the copy after that', async () => {
  const [one, two] = [hub(), hub()];
  await one.come('a');
  two.hear(...one.pair.page(0, 9).rows);
  await two.take(two.holdings.next(1)[0] ?? row('none', 1));
  expect(two.lacking()).toEqual([]);
  one.hear(...two.pair.page(0, 9).rows);
  expect(await one.pair.decide(one.pair.newest(), 6)).toBe(1);
  await one.ledger.delivered(1, 7);
  two.hear(...one.pair.page(0, 9).rows);
  expect(await two.ledger.purgeable('cdr', 10, 9)).toMatchObject([{ name: 'a' }]);
  await two.ledger.purged([1], 12);
  // It is not fetched again, though the other one still has it; and that one hears of the purge.
  two.hear(...one.pair.page(0, 9).rows);
  expect(two.lacking()).toEqual([]);
  expect(two.pair.page(0, 9).rows[0]?.stored).toBe(undefined);
});

it('mends a damaged record from the other hub, but not one that this one will deliver', async () => {
  const { ledger, pair, hear, lacking, take, come } = hub();
  hear();
  await come('a');
  await come('b');
  await pair.decide(pair.newest(), 9);
  for (const id of [1, 2]) await ledger.damaged(id, 9);
  const whole = row('a', 1, { claim: 'yielded' });
  hear(whole, row('b', 2, { claim: 'mine' }));
  expect(lacking()).toEqual(['a']);
  await take(whole);
  expect(await ledger.undelivered('cdr', 9)).toMatchObject([{ name: 'a' }]);
  // An operator has had it delivered there.
  const delivered = row('b', 3, { claim: 'mine', delivered: true });
  hear(delivered);
  expect(lacking()).toEqual(['b']);
  await take(delivered);
  expect(await ledger.undelivered('cdr', 9)).toMatchObject([{ name: 'a' }]);
});

it('agrees on the backup that was saved last, whichever hub it came to first', async () => {
  const { ledger, hear, lacking, take, come } = hub();
  const kind = 'backup';
  await come('x', { kind, sha256: 'bb', modifiedMs: 200, receivedAt: 900 });
  hear(backup('aa', 100));
  expect(lacking()).toEqual([]);
  hear(backup('cc', 300));
  expect(lacking()).toEqual(['x']);
  await take(backup('cc', 300));
  expect(lacking()).toEqual([]);
  const newest = async () => (await ledger.named('backup', 'x', 9)).map(({ sha256 }) => sha256);
  expect(await newest()).toEqual(['cc']);
  // The branch sends more, by a clock that has been set back: it came last here.
  await come('x', { kind, sha256: 'dd', modifiedMs: 50, receivedAt: 910 });
  expect(await newest()).toEqual(['dd']);
  hear(backup('cc', 300, 301));
  expect(lacking()).toEqual([]);
  // What was there before is saved again at the other hub.
  hear(backup('bb', 400));
  expect(lacking()).toEqual(['x']);
  await take(backup('bb', 400));
  expect(await newest()).toEqual(['bb']);
  // At the same time: the same one wins at both.
  hear(backup('ab', 400, 401));
  expect(lacking()).toEqual([]);
  hear(backup('zz', 400, 402));
  expect(lacking()).toEqual(['x']);
  // The same bytes, saved later there.
  hear(backup('bb', 500));
  expect(lacking()).toEqual([]);
  expect(await ledger.named('backup', 'x', 9)).toMatchObject([{ savedAt: 500 }]);
});

it('tells of backups only the newest of each name, and nothing to an older hub', async () => {
  const { pair, come } = hub();
  const kind = 'backup';
  await come('x', { kind, sha256: 'aa' });
  await come('r');
  await come('x', { kind, sha256: 'bb' });
  await come('y', { kind });
  const told = (options?: { backups: boolean }) =>
    pair.page(0, 9, options).rows.map(({ name, sha256 }) => `${name} ${sha256}`);
  expect(told({ backups: true })).toEqual(['r aa', 'x bb', 'y aa']);
  expect(told()).toEqual(['r aa']);
});
