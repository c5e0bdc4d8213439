import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { Journal, RunsTable } from '#libs/journal';
import { silentLogger } from '#libs/observe';
import { SyncRuns, type Run } from '#libs/sync';

type Jobs = ConstructorParameters<typeof SyncRuns>[0]['jobs'];

function runsWith(jobs: Jobs): SyncRuns {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  let now = 0;
  const clock = { now: () => (now += 1) };
  return new SyncRuns({ jobs, table: new RunsTable(journal), clock, log: silentLogger() });
}

async function ended(runs: SyncRuns, run: Run): Promise<Run | undefined> {
  await runs.settled();
  return runs.run(run.id);
}

it('gives the run that is on to whoever asks while it is on', async () => {
  const gate = Promise.withResolvers<undefined>();
  let times = 0;
  const runs = runsWith({
    updates: async () => {
      times += 1;
      await gate.promise;
    },
  });
  const first = runs.start('updates');
  const second = runs.start('all');
  expect(second.id).toBe(first.id);
  gate.resolve(undefined);

  expect(await ended(runs, first)).toMatchObject({ state: 'done', what: 'updates' });
  expect(times).toBe(1);
  expect(runs.current()).toBeUndefined();
  expect(runs.start('updates').id).not.toBe(first.id);
  await runs.settled();
});

it('says which files were refused, and that the rest is done', async () => {
  const runs = runsWith({
    updates: (report) => {
      report.file({ name: 'good.zip', state: 'published', bytes: 5, bytesOverall: 5 });
      report.file({
        name: 'bad.zip',
        state: 'refused',
        bytes: 0,
        bytesOverall: 9,
        code: 'ARCHIVE_CRC_WRONG',
      });
      return Promise.resolve();
    },
  });
  const run = await ended(runs, runs.start('updates'));
  expect(run).toMatchObject({ state: 'partly-done', code: 'PARTLY_DONE' });
  expect(run?.files.map(({ name, code }) => [name, code])).toEqual([
    ['good.zip', undefined],
    ['bad.zip', 'ARCHIVE_CRC_WRONG'],
  ]);
  expect(runs.recent(1)).toMatchObject([{ state: 'partly-done', code: 'PARTLY_DONE' }]);
});

it('ends a run with the code of what stopped it', async () => {
  const runs = runsWith({
    updates: () =>
      Promise.reject(new BranchlineError('PEER_UNREACHABLE', 'no route to head office')),
  });
  expect(await ended(runs, runs.start())).toMatchObject({
    state: 'failed',
    code: 'PEER_UNREACHABLE',
  });
});

it('ends at once when the server is stopped, as interrupted', async () => {
  const runs = runsWith({
    updates: (_report, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      }),
  });
  const run = runs.start();
  await runs.stop();
  expect(runs.run(run.id)).toMatchObject({ state: 'failed', code: 'INTERRUPTED' });
});

it('tells every step to those who listen, until they end it', async () => {
  const runs = runsWith({
    updates: (report) => {
      report.file({ name: 'a.zip', state: 'fetching', bytes: 1, bytesOverall: 2 });
      return Promise.resolve();
    },
  });
  const told: string[] = [];
  const end = runs.subscribe((run) => told.push(run.files[0]?.state ?? run.state));
  runs.start();
  await runs.settled();
  end();
  runs.start();
  await runs.settled();
  expect(told).toEqual(['fetching', 'fetching']);
});

it('runs once more when news come during a run, once for any number of them', async () => {
  const gates = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let times = 0;
  const runs = runsWith({
    updates: async () => {
      times += 1;
      await gates[times - 1]?.promise;
    },
  });
  const ends: string[] = [];
  runs.subscribe(({ state }) => ends.push(state));
  runs.startAfresh('updates');
  const first = runs.current();
  runs.startAfresh('updates');
  runs.startAfresh('updates');
  gates[0]?.resolve(undefined);
  await runs.settled();
  expect(runs.current()?.id).not.toBe(first?.id);
  gates[1]?.resolve(undefined);
  await runs.settled();
  expect([times, ends, runs.current()]).toEqual([2, ['done', 'done'], undefined]);
});

it('starts nothing more once it is stopped, whatever news there were', async () => {
  let times = 0;
  const runs = runsWith({
    updates: async (_report, signal) => {
      times += 1;
      await once(signal, 'abort');
    },
  });
  runs.startAfresh('updates');
  await turn();
  runs.startAfresh('updates');
  await runs.stop();
  expect([times, runs.current()]).toEqual([1, undefined]);
});
