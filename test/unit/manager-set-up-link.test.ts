import { expect, it } from 'vitest';
import { systemClock } from '#libs/lifecycle';
import { SetUpLink } from '#libs/manager';
import { tempFolder } from '../support/temp-folder.ts';

it('is good for one of two who use it in the same moment', async () => {
  const link = new SetUpLink(await tempFolder(), systemClock);
  const token = await link.make();
  let acts = 0;
  const use = (): Promise<boolean> =>
    link.use(token, async () => {
      await Promise.resolve();
      acts += 1;
    });
  expect((await Promise.all([use(), use(), use()])).toSorted()).toEqual([false, false, true]);
  expect(acts).toBe(1);
});

it('stays good when what it was used for did not work', async () => {
  const link = new SetUpLink(await tempFolder(), systemClock);
  const token = await link.make();
  await expect(link.use(token, () => Promise.reject(new Error('weak')))).rejects.toThrow('weak');
  expect(await link.use(token, () => Promise.resolve())).toBe(true);
  expect(await link.good(token)).toBe(false);
});
