import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { MirrorWatch, type MirroredFolder } from '#libs/sync';

const none = (): never => {
  throw new Error('nobody asks for it');
};
const folder: MirroredFolder = {
  ...{ area: 'http', root: '/nowhere', incoming: '/nowhere', fileMode: 0o666, tells: false },
  ...{ list: none, pathOf: none, isMirrored: none, take: none, keepVersion: none, remove: none },
};

it('looks again within the longest time it may leave, also when a look took long because the server hung', async () => {
  const looks: number[] = [];
  const second = Promise.withResolvers<undefined>();
  const watch = new MirrorWatch({
    folders: [folder],
    scan: {
      scan: async () => {
        looks.push(performance.now());
        if (looks.length === 2) second.resolve(undefined);
        // A fiftieth of the time would be ten seconds.
        await sleep(200);
        return false;
      },
    },
    ...{ everyMs: 10, seldomMs: 100, onChanged: none, onRefused: none },
  });
  await watch.start();
  onTestFinished(() => watch.stop());
  await second.promise;
  const [first = 0, next = 0] = looks;
  expect(next - first).toBeLessThan(5_000);
});
