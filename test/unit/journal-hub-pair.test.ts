import { expect, it, onTestFinished } from 'vitest';
import { HubPair, Journal, SqliteLedger, type LedgerRow } from '#libs/journal';

const identity = { branch: 'lisbon', kind: 'cdr', size: 1, sha256: 'aa' } as const;

function hub(paired: boolean) {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  const ledger = new SqliteLedger(journal, { paired });
  const pair = new HubPair(journal, ledger.id);
  pair.setPaired(paired);
  return {
    ...{ journal, ledger, pair },
    take: (...names: string[]) =>
      ledger.record(
        names.map((name) => ({ ...identity, name, storedAs: name, modifiedMs: 1, receivedAt: 1 })),
      ),
    ours: async () => (await ledger.undelivered('cdr', 99)).map(({ name }) => name),
    holds: async (name: string) => (await ledger.holds([{ ...identity, name }]))[0],
  };
}

const row = (name: string, change: number, told: Partial<LedgerRow> = {}): LedgerRow => ({
  ...{ ...identity, name, change, claim: 'held', whole: true, delivered: false, ...told },
});
const page = (ledger: string, ...rows: LedgerRow[]) => ({
  ...{ ledger, rows, next: rows.at(-1)?.change ?? 0, complete: true },
});

it('delivers what comes at once without another hub, and nothing undecided with one', async () => {
  const [alone, paired] = [hub(false), hub(true)];
  for (const each of [alone, paired]) await each.take('a');
  expect(await alone.ours()).toEqual(['a']);
  expect(await paired.ours()).toEqual([]);
  expect(paired.pair.waiting()).toBe(1);
  // Nothing is decided before the other hub was read.
  expect(await paired.pair.decide(paired.pair.newest(), 5)).toBe(0);
  expect(await paired.ours()).toEqual([]);
});

it('decides anew what was not begun when a hub gets another one, and delivers what waits when it has none any more', async () => {
  const { pair, ledger, take, ours } = hub(false);
  await take('begun', 'waits');
  await ledger.delivering(1, 'begun');
  pair.setPaired(true);
  expect(await ours()).toEqual(['begun']);
  pair.setPaired(true);
  pair.setPaired(false);
  expect(await ours()).toEqual(['begun', 'waits']);
});

it('takes what the other hub has delivered for delivered, and remembers it when that one is set up anew', async () => {
  const { pair, ledger, take, ours } = hub(true);
  await take('a', 'b');
  pair.learn(page('other', row('a', 1, { claim: 'mine' }), row('b', 2, { claim: 'mine' })), 5);
  await pair.decide(pair.newest(), 5);
  pair.learn(page('other', row('a', 3, { claim: 'mine', delivered: true })), 6);
  expect(await ledger.totals()).toMatchObject([{ undelivered: 1, delivered: 1 }]);
  expect(await ledger.purgeable('cdr', 7, 9)).toMatchObject([{ name: 'a' }]);
  const told = pair.page(0, 9).rows.map(({ name, claim, delivered }) => [name, claim, delivered]);
  expect(told).toEqual([
    ['b', 'yielded', false],
    ['a', 'yielded', true],
  ]);
  expect(pair.learn(page('anew'), 8)).toBe(false);
  expect(pair.since).toBe(0);
  expect(pair.learn(page('anew', row('a', 1), row('b', 2)), 9)).toBe(true);
  await pair.decide(pair.newest(), 9);
  expect(await ours()).toEqual([]);
  // Only an operator can know whether the lost hub had delivered it.
  await ledger.deliverAgain(
    { kinds: ['cdr'], name: 'b', branch: '*', since: 0, delivered: true },
    9,
  );
  expect(await ours()).toEqual(['b']);
});

it('reads from the start when the other hub has become an older copy of itself', () => {
  const { pair } = hub(true);
  expect(pair.learn(page('other', row('a', 7)), 1)).toBe(true);
  expect(pair.since).toBe(7);
  expect(pair.learn({ ...page('other'), next: 3 }, 1)).toBe(false);
  expect(pair.since).toBe(0);
});

it('never counts its own ledger for another one', () => {
  const { pair, ledger } = hub(true);
  expect(() => pair.learn(page(ledger.id), 1)).toThrow(
    expect.objectContaining({ code: 'PEER_ANSWER_INVALID' }),
  );
});

it('answers for a record of the other hub for as long as it is whole there, and for nothing else', async () => {
  const { pair, ledger, take, holds } = hub(true);
  pair.learn(page('other', row('a', 1), row('b', 2, { whole: false })), 1);
  expect(await Promise.all(['a', 'b', 'c'].map(holds))).toEqual([true, false, false]);
  // Its own copy that is damaged is wanted again, whatever the other one has.
  await take('a');
  await ledger.damaged(1, 2);
  expect(await holds('a')).toBe(false);
});

it('tells each change once, in pages that leave nothing out', async () => {
  const { pair, ledger, take } = hub(false);
  await take('a', 'b', 'c');
  await ledger.record([
    { ...identity, kind: 'backup', name: 'x', storedAs: 'x', modifiedMs: 1, receivedAt: 1 },
  ]);
  const first = pair.page(0, 2);
  expect(first).toMatchObject({ rows: [{ name: 'a' }, { name: 'b' }], complete: false });
  await ledger.delivered(1, 5);
  const second = pair.page(first.next, 2);
  expect(second.rows).toMatchObject([{ name: 'c' }, { name: 'a', delivered: true }]);
  expect(pair.page(second.next, 2)).toMatchObject({ rows: [], complete: true, next: second.next });
});
