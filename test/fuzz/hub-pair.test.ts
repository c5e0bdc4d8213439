import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  HubPair,
  Journal,
  PeerHoldings,
  SqliteLedger,
  type LedgerPage,
  type ReceivedFile,
  type UploadIdentity,
} from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { ReconcileLedgers } from '#libs/sync';

/** What the collector of both hubs has had. */
type Collected = Map<string, number>;

/** Rows in a page: few, so that a read has many. */
const limit = 2;

const record = (name: string): UploadIdentity => ({
  ...{ branch: 'lisbon', kind: 'cdr', name, size: 1, sha256: 'aa' },
});

/** One hub of a pair, its disk in memory: a crash forgets all but the journal and the collector's folder. */
class Hub {
  readonly journal = new Journal(':memory:');
  ledger = new SqliteLedger(this.journal, { paired: true });
  pair = new HubPair(this.journal, this.ledger.id);
  readonly #collected: Collected;
  /** Rows whose file has been renamed into the collector's folder. */
  readonly #renamed = new Set<number>();
  #working: ReceivedFile | undefined;
  /** A question on its way, and an answer on its way back. */
  #asked: { since: number; resolve: (page: LedgerPage) => void } | undefined;
  #answer: LedgerPage | undefined;
  #reading: Promise<void> | undefined;

  constructor(collected: Collected) {
    this.#collected = collected;
    this.pair.setPaired(true);
  }

  async take(name: string, asksFirst: boolean): Promise<void> {
    const identity = record(name);
    if (asksFirst && (await this.ledger.holds([identity]))[0] === true) return;
    await this.ledger.record([{ ...identity, storedAs: name, modifiedMs: 1, receivedAt: 1 }]);
  }

  /** Fetch something of the other hub, by what it said last. */
  async copy(): Promise<void> {
    const [file] = new PeerHoldings(this.journal, ['cdr']).next(1);
    if (file === undefined) return;
    const { stored, delivered, ...copied } = file;
    await this.ledger.recordCopy({
      ...{ ...copied, storedAs: file.name, modifiedMs: stored.modified },
      ...{ receivedAt: stored.received, savedAt: stored.saved },
      deliveredAt: delivered ? 1 : undefined,
    });
  }

  /** The next thing that a read of the other hub does. */
  async read(other: Hub): Promise<void> {
    if (this.#reading === undefined) {
      this.#reading = this.#reconcile();
    } else if (this.#answer === undefined) {
      this.#answer = other.pair.page(this.#asked?.since ?? 0, limit);
    } else {
      const [asked, answer] = [this.#asked, this.#answer];
      this.#asked = undefined;
      this.#answer = undefined;
      asked?.resolve(answer);
      await turn();
    }
  }

  /** The next thing that the delivery does. */
  async deliver(): Promise<void> {
    const [next] = await this.ledger.undelivered('cdr', 1);
    const file = this.#working ?? next;
    this.#working = file;
    if (file === undefined) return;
    if (file.deliveredAs === undefined) {
      await this.ledger.delivering(file.id, file.name);
      this.#working = { ...file, deliveredAs: file.name };
    } else if (this.#renamed.has(file.id)) {
      await this.ledger.delivered(file.id, 1);
      this.#working = undefined;
    } else {
      this.#renamed.add(file.id);
      this.#collected.set(file.name, (this.#collected.get(file.name) ?? 0) + 1);
    }
  }

  crash(): void {
    this.#working = undefined;
    this.#asked = undefined;
    this.#answer = undefined;
    this.#reading = undefined;
    this.ledger = new SqliteLedger(this.journal, { paired: true });
    this.pair = new HubPair(this.journal, this.ledger.id);
    this.pair.setPaired(true);
  }

  async #reconcile(): Promise<void> {
    const reading = new ReconcileLedgers({
      pair: this.pair,
      read: (since) =>
        new Promise((resolve) => {
          this.#asked = { since, resolve };
        }),
      everyMs: 1,
      clock: systemClock,
      log: silentLogger(),
      onOurs: () => undefined,
      onAway: () => undefined,
    });
    await reading.reconcile(new AbortController().signal);
    this.#reading = undefined;
  }
}

interface Step {
  readonly at: number;
  readonly act: string;
  readonly name: string;
}

/** Orders in which an older answer meets a newer record; the roles both ways, as the ids of the ledgers are random. */
const crossed: [Step[]][] = [0, 1].flatMap((one) => {
  const at = (who: number, ...acts: string[]): Step[] =>
    acts.map((act) => ({ at: who, act, name: 'a' }));
  const two = 1 - one;
  return [
    // Both have an answer on its way from before either took the record.
    [
      [
        ...at(one, 'read', 'read'),
        ...at(two, 'read', 'read'),
        ...[...at(one, 'send'), ...at(two, 'send'), ...at(one, 'read'), ...at(two, 'read')],
      ],
    ],
    // One has heard that the other lacks it, and the other hears that one holds it.
    [
      [
        ...at(one, 'send', 'read', 'read'),
        ...at(two, 'send', 'read', 'read'),
        ...[...at(one, 'read'), ...at(two, 'read')],
      ],
    ],
  ];
});

const names = ['a', 'b', 'c'];
const step: fc.Arbitrary<Step> = fc.record({
  at: fc.constantFrom(0, 1),
  act: fc.constantFrom(
    'offer',
    'send',
    'read',
    'read',
    'read',
    'deliver',
    'deliver',
    'copy',
    'copy',
    'crash',
  ),
  name: fc.constantFrom(...names),
});

async function play(hub: Hub, other: Hub, act: string, name: string): Promise<void> {
  if (act === 'offer') await hub.take(name, true);
  if (act === 'send') await hub.take(name, false);
  if (act === 'read') await hub.read(other);
  if (act === 'deliver') await hub.deliver();
  if (act === 'copy') await hub.copy();
  if (act === 'crash') hub.crash();
}

it('delivers each record once over both hubs, in whatever order they take, read, copy, deliver and crash', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const collected: Collected = new Map();
      const [one, two] = [new Hub(collected), new Hub(collected)];
      const came = new Set<string>();
      for (const { at, act, name } of steps) {
        if (act === 'offer' || act === 'send') came.add(name);
        await play(at === 0 ? one : two, at === 0 ? two : one, act, name);
        expect(Math.max(0, ...collected.values())).toBeLessThanOrEqual(1);
      }
      for (let n = 0; n < 30; n += 1) {
        for (const act of ['read', 'deliver', 'copy']) {
          await play(one, two, act, '');
          await play(two, one, act, '');
        }
      }
      expect([...collected].toSorted()).toEqual([...came].toSorted().map((name) => [name, 1]));
      for (const { pair, ledger, journal } of [one, two]) {
        expect(pair.waiting()).toBe(0);
        // Each of them has all.
        expect((await ledger.totals()).map(({ files }) => files)).toEqual(
          came.size === 0 ? [] : [came.size],
        );
        // What the other one delivered waits for nobody here, and may be purged.
        expect((await ledger.totals()).map(({ undelivered }) => undelivered)).not.toContain(1);
        journal.close();
      }
    }),
    { numRuns: 400, examples: crossed },
  );
}, 240_000);
