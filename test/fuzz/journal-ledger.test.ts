import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Journal, OutgoingTable, SqliteLedger, type UploadIdentity } from '#libs/journal';

/** What came, as simply as it can be said. */
interface Came {
  readonly identity: UploadIdentity;
  deliveredAs: string | undefined;
  delivered: boolean;
  purged: boolean;
  damaged: boolean;
}

interface Model {
  /** In the order of arrival. */
  readonly came: Came[];
  /** Branch and name of a backup → what came last. */
  readonly newest: Map<string, string>;
  /** What the branch believes to be safe, under which ledger. */
  readonly acknowledged: Map<
    string,
    { readonly ledger: number; readonly identity: UploadIdentity }
  >;
  ledger: number;
}

/** A ledger on a real disk, at a hub and a branch that are started again and again. */
class Real {
  journal: Journal;
  ledger: SqliteLedger;
  readonly branch = new Journal(':memory:');
  readonly table = new OutgoingTable(this.branch);
  readonly #folder: string;
  #lives = 0;
  now = 1e12;

  constructor(folder: string) {
    this.#folder = folder;
    this.journal = new Journal(this.#file);
    this.ledger = new SqliteLedger(this.journal);
  }

  get #file(): string {
    return path.join(this.#folder, `hub-${this.#lives}.db`);
  }

  open(anew: boolean): void {
    this.journal.close();
    if (anew) this.#lives += 1;
    this.journal = new Journal(this.#file);
    this.ledger = new SqliteLedger(this.journal);
  }

  close(): void {
    this.journal.close();
    this.branch.close();
  }
}

type Command = fc.AsyncCommand<Model, Real>;

const keyOf = ({ branch, kind, name, size, sha256 }: UploadIdentity): string =>
  [branch, kind, name, size, sha256].join(' ');
const placeOf = ({ branch, kind, name }: UploadIdentity): string => [branch, kind, name].join(' ');

/** What the hub of the model would answer. */
function holds({ came, newest }: Model, identity: UploadIdentity): boolean {
  const known = came.find((each) => keyOf(each.identity) === keyOf(identity));
  if (known === undefined || known.damaged) return false;
  return identity.kind !== 'backup' || newest.get(placeOf(identity)) === keyOf(identity);
}

const waiting = ({ came }: Model): Came[] =>
  came.filter(
    ({ identity, delivered, damaged }) => identity.kind === 'cdr' && !delivered && !damaged,
  );

/** Everything that can be asked gives the model's answer. */
async function agree(model: Model, { ledger, table }: Real): Promise<void> {
  const undelivered = await ledger.undelivered('cdr', 1000);
  expect(undelivered.map(keyOf)).toEqual(waiting(model).map(({ identity }) => keyOf(identity)));
  expect(undelivered.map(({ deliveredAs }) => deliveredAs)).toEqual(
    waiting(model).map(({ deliveredAs }) => deliveredAs),
  );
  const purgeable = await ledger.purgeable('cdr', Number.MAX_SAFE_INTEGER, 1000);
  const due = model.came.filter(
    ({ identity, delivered, purged }) => identity.kind === 'cdr' && delivered && !purged,
  );
  expect(purgeable.map(keyOf)).toEqual(due.map(({ identity }) => keyOf(identity)));
  const all = model.came.map(({ identity }) => identity);
  expect(await ledger.holds(all)).toEqual(all.map((identity) => holds(model, identity)));
  for (const { ledger: under, identity } of model.acknowledged.values()) {
    const known = table.acknowledged(identity.kind, [ledger.id])(identity);
    // Acknowledgements of a ledger that is no more count for nothing; those of today's are kept.
    expect(known).toBe(under === model.ledger);
  }
}

const command = (
  name: string,
  run: (model: Model, real: Real) => Promise<void> | void,
): Command => ({
  check: () => true,
  run: async (model, real) => {
    await run(model, real);
    await agree(model, real);
  },
  toString: () => name,
});

const identity = fc.record({
  branch: fc.constantFrom('lisbon', 'porto'),
  kind: fc.constantFrom('cdr' as const, 'backup' as const),
  name: fc.constantFrom('a', 'b'),
  size: fc.constantFrom(1, 2),
  sha256: fc.constantFrom('aa', 'bb', 'cc'),
});

/** Offered, sent where it is lacking, recorded, acknowledged: what one run of a branch does. */
const sends = (files: readonly UploadIdentity[], lostAnswer: boolean): Command =>
  command(
    `sends ${files.map(keyOf).join(', ')}${lostAnswer ? ', killed' : ''}`,
    async (model, real) => {
      const held = await real.ledger.holds(files);
      const lacking = files.filter((_, n) => held[n] === false);
      await real.ledger.record(
        lacking.map((file) => ({
          ...file,
          storedAs: file.name,
          modifiedMs: 1,
          receivedAt: real.now,
        })),
      );
      for (const file of lacking) {
        const known = model.came.find((each) => keyOf(each.identity) === keyOf(file));
        if (known !== undefined) known.damaged = false;
        else {
          const fresh = { deliveredAs: undefined, delivered: false, purged: false, damaged: false };
          model.came.push({ identity: file, ...fresh });
        }
        model.newest.set(placeOf(file), keyOf(file));
      }
      if (lostAnswer) return;
      real.table.acknowledge(real.ledger.id, files, real.now);
      for (const file of files) {
        const acknowledged = { ledger: model.ledger, identity: file };
        model.acknowledged.set(`${file.kind} ${file.name}`, acknowledged);
      }
    },
  );

const first = (model: Model): Came | undefined => waiting(model)[0];

const steps = (real: Real): Record<string, (model: Model) => Promise<void>> => ({
  delivering: async (model) => {
    const [row] = await real.ledger.undelivered('cdr', 1);
    const came = first(model);
    if (row === undefined || came === undefined) return;
    await real.ledger.delivering(row.id, `as ${row.name}`);
    came.deliveredAs = `as ${row.name}`;
  },
  delivered: async (model) => {
    const [row] = await real.ledger.undelivered('cdr', 1);
    const came = first(model);
    if (row === undefined || came === undefined) return;
    await real.ledger.delivered(row.id, real.now);
    came.delivered = true;
  },
  damaged: async (model) => {
    const [row] = await real.ledger.undelivered('cdr', 1);
    const came = first(model);
    if (row === undefined || came === undefined) return;
    await real.ledger.damaged(row.id, real.now);
    came.damaged = true;
    came.deliveredAs = undefined;
  },
  purged: async (model) => {
    const due = await real.ledger.purgeable('cdr', Number.MAX_SAFE_INTEGER, 1000);
    await real.ledger.purged(
      due.map(({ id }) => id),
      real.now,
    );
    const gone = new Set(due.map(keyOf));
    for (const came of model.came) if (gone.has(keyOf(came.identity))) came.purged = true;
  },
  'starts again': async () => {
    real.open(false);
    await Promise.resolve();
  },
  'is set up anew': async (model) => {
    real.open(true);
    model.ledger += 1;
    model.came.length = 0;
    model.newest.clear();
    await Promise.resolve();
  },
});

const stepNames = [
  'delivering',
  'delivered',
  'damaged',
  'purged',
  'starts again',
  'is set up anew',
];

it('answers as the simplest ledger would, through restarts, new ledgers and clocks that jump', async () => {
  const commands = [
    fc
      // A branch has one file under a name.
      .tuple(fc.uniqueArray(identity, { selector: placeOf, maxLength: 4 }), fc.boolean())
      .map(([files, lost]) => {
        const [one] = files;
        return sends(
          files.filter(({ branch }) => branch === one?.branch),
          lost,
        );
      }),
    fc.constantFrom(...stepNames).map((name) =>
      command(name, async (model, real) => {
        await steps(real)[name]?.(model);
      }),
    ),
    fc.integer({ min: 0, max: 4e12 }).map((to) =>
      command(`clock ${to}`, (_, real) => {
        real.now = to;
      }),
    ),
  ];
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 30 }), async (run) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'branchline-ledger-'));
      const real = new Real(folder);
      const model: Model = {
        ...{ came: [], newest: new Map<string, string>(), ledger: 0 },
        acknowledged: new Map(),
      };
      try {
        await fc.asyncModelRun(() => ({ model, real }), run);
      } finally {
        real.close();
        await rm(folder, { recursive: true });
      }
    }),
    { numRuns: 100 },
  );
});
