import { once, EventEmitter } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { silentLogger } from '#libs/observe';
import { ProgressTeller, type PullProgressReport, type Run, type Upstream } from '#libs/sync';

type File = Run['files'][number];
const file = (name: string, state: File['state'], bytes: number, bytesOverall = 100): File => ({
  ...{ what: 'updates', name, state, bytes, bytesOverall },
});
const run = (files: File[], state: Run['state'] = 'running'): Run => ({
  ...{ id: 'a', what: 'all', state, startedAt: 0, files },
});

async function tellerRig(answer: () => Promise<number>) {
  const told: PullProgressReport[] = [];
  const events = new EventEmitter<{ told: []; run: [Run] }>();
  const tellProgress: Upstream['tellProgress'] = (progress) => {
    told.push(progress);
    queueMicrotask(() => events.emit('told'));
    return answer();
  };
  const teller = new ProgressTeller({
    runs: {
      subscribe: (listener) => {
        events.on('run', listener);
        return () => events.off('run', listener);
      },
    },
    upstream: () => ({ tellProgress }) as Upstream,
    log: silentLogger(),
    firstMs: 1,
  });
  await teller.start();
  onTestFinished(() => teller.stop());
  const move = (moved: Run): void => {
    events.emit('run', moved);
  };
  return { told, move, next: () => once(events, 'told') };
}

it('tells what is fetched, how much of all is here, and how fast', async () => {
  const { told, move, next } = await tellerRig(() => Promise.resolve(10));
  const first = next();
  move(
    run([
      file('a.zip', 'published', 100),
      file('b.zip', 'fetching', 30),
      file('c.zip', 'pending', 0, 1_000),
      file('bad.zip', 'refused', 0),
      { ...file('backup', 'sending', 7), what: 'backup' },
    ]),
  );
  await first;
  const counts = { files: 3, filesDone: 1, bytesOverall: 1_200 };
  expect(told[0]).toEqual({ ...counts, file: 'b.zip', bytes: 130, bytesPerS: undefined });
  const second = next();
  move(run([file('a.zip', 'published', 100), file('b.zip', 'publishing', 50)]));
  await second;
  expect(told[1]).toMatchObject({ file: 'b.zip', files: 2, filesDone: 1, bytes: 200 });
  expect(told[1]?.bytesPerS).toBeGreaterThan(0);
});

it('says nothing when there is nothing to bring, and nothing after the end', async () => {
  const { told, move, next } = await tellerRig(() => Promise.resolve(10));
  move(run([{ ...file('backup', 'sending', 7), what: 'backup' }]));
  move(run([file('a.zip', 'published', 100)], 'done'));
  const heard = next();
  move(run([file('b.zip', 'fetching', 1)]));
  await heard;
  expect(told.map((progress) => progress.file)).toEqual(['b.zip']);
});

it('leaves a hub alone that does not want to hear it', async () => {
  const answers = [
    () => Promise.reject(new BranchlineError('PEER_REFUSED', 'an older hub')),
    () => Promise.resolve(1),
  ];
  const { told, move, next } = await tellerRig(() => answers.shift()?.() ?? Promise.resolve(1));
  const first = next();
  move(run([file('a.zip', 'fetching', 1)]));
  await first;
  // A moment in which a teller that did not mind would have told again.
  const later = new Promise((resolve) => setTimeout(resolve, 50));
  move(run([file('a.zip', 'fetching', 2)]));
  await later;
  expect(told).toHaveLength(1);
});
