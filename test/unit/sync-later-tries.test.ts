import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { BranchlineError, type ErrorCode } from '#libs/errors';
import { Journal, RunsTable } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger, type SyncJob } from '#libs/observe';
import { LaterTries, SyncRuns } from '#libs/sync';

type Outcome = 'ok' | ErrorCode | { readonly file: ErrorCode };

/** Runs that end as the test says, one after the other, the last one for good. */
async function triesRig(outcomes: readonly Outcome[]) {
  const journal = new Journal(':memory:');
  const ended: string[] = [];
  const events = new EventTarget();
  const runs = new SyncRuns({
    jobs: {
      updates: async (report) => {
        await Promise.resolve();
        const outcome = outcomes[Math.min(ended.length, outcomes.length - 1)] ?? 'ok';
        if (outcome === 'ok') return;
        if (typeof outcome === 'string') throw new BranchlineError(outcome, 'as scripted');
        const sizes = { bytes: 0, bytesOverall: 1 };
        report.file({ name: 'a.zip', state: 'failed', ...sizes, code: outcome.file });
      },
    },
    table: new RunsTable(journal),
    clock: systemClock,
    log: silentLogger(),
  });
  const tries = new LaterTries({ runs, backoff: { tries: Infinity, firstMs: 2, maxMs: 8 } });
  await tries.start();
  runs.subscribe(({ state, what }) => {
    if (state === 'running') return;
    ended.push(`${what} ${state}`);
    events.dispatchEvent(new Event('ended'));
  });
  onTestFinished(async () => {
    await tries.stop();
    await runs.stop();
    journal.close();
  });
  const until = async (count: number): Promise<string[]> => {
    while (ended.length < count) await once(events, 'ended');
    // Long enough for one more, if one were to come.
    await sleep(40);
    return ended;
  };
  const start = (what: SyncJob | 'all' = 'updates'): void => {
    runs.start(what);
  };
  return { start, until };
}

it('tries again by itself until the hub is back', async () => {
  const rig = await triesRig(['PEER_UNREACHABLE', 'PEER_TOO_SLOW', 'RELEASE_FROZEN', 'ok']);
  rig.start();
  const failed = 'updates failed';
  expect(await rig.until(4)).toEqual([failed, failed, failed, 'updates done']);
});

it('tries again when a single file may come through the next time', async () => {
  const rig = await triesRig([{ file: 'LENGTH_MISMATCH' }, 'ok']);
  rig.start('all');
  expect(await rig.until(2)).toEqual(['all partly-done', 'all done']);
});

it.each<Outcome>([
  'CERTIFICATE_REVOKED',
  'LINK_CYCLE',
  'RELEASE_ROLLED_BACK',
  { file: 'DIGEST_MISMATCH' },
  { file: 'ARCHIVE_CRC_WRONG' },
  'ok',
])('leaves alone what does not pass by itself: %o', async (outcome) => {
  const rig = await triesRig([outcome]);
  rig.start();
  expect(await rig.until(1)).toHaveLength(1);
});
