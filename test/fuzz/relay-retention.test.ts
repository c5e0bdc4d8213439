import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Journal, OutgoingTable } from '#libs/journal';
import { silentLogger } from '#libs/observe';
import { OutgoingFiles, OutgoingRetention } from '#libs/sync';

const names = ['a', 'b', 'c'] as const;
const name = fc.constantFrom(...names);

/** What can happen at a branch between two purges; clocks go anywhere. */
const step = fc.oneof(
  fc.record({ do: fc.constant('write' as const), name, bytes: fc.string({ maxLength: 8 }) }),
  fc.record({ do: fc.constant('acknowledge' as const), name }),
  fc.record({ do: fc.constant('another ledger' as const) }),
  fc.record({ do: fc.constant('clock' as const), to: fc.integer({ min: 0, max: 4e12 }) }),
  fc.record({ do: fc.constant('purge' as const) }),
);

it('never removes a record that no hub of today has acknowledged, whatever the clock does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'branchline-retention-'));
      const journal = new Journal(':memory:');
      try {
        const table = new OutgoingTable(journal);
        let now = 1e12;
        const clock = { now: () => now };
        const files = new OutgoingFiles({
          kind: 'cdr',
          sources: [{ prefix: '', folder }],
          table,
          clock,
        });
        const retention = new OutgoingRetention({
          ...{ files, table, peers: ['primary'], retainMs: 1000, guard: 100, clock },
          ...{ log: silentLogger(), refused: () => undefined },
        });
        table.noteLedger('primary', 'ledger 0');
        let ledger = 0;
        let writes = 0;
        const safe = new Map<string, boolean>();
        for (const each of steps) {
          if (each.do === 'write') {
            const file = path.join(folder, each.name);
            writes += 1;
            await writeFile(file, `${writes} ${each.bytes}`);
            await utimes(file, writes, writes);
            safe.set(each.name, false);
          } else if (each.do === 'acknowledge') {
            const found = await files.scan(AbortSignal.timeout(10_000));
            const acked = found.filter((file) => file.name === each.name);
            table.acknowledge(`ledger ${ledger}`, acked, now);
            for (const file of acked) safe.set(file.name, true);
          } else if (each.do === 'another ledger') {
            ledger += 1;
            table.noteLedger('primary', `ledger ${ledger}`);
            for (const key of safe.keys()) safe.set(key, false);
          } else if (each.do === 'clock') {
            now = each.to;
          } else {
            await retention.run(await files.scan(AbortSignal.timeout(10_000)));
            const left = await readdir(folder);
            for (const [key, isSafe] of safe) if (!isSafe) expect(left).toContain(key);
            for (const key of names) if (!left.includes(key)) safe.delete(key);
          }
        }
      } finally {
        journal.close();
        await rm(folder, { recursive: true });
      }
    }),
    { numRuns: 150 },
  );
});
