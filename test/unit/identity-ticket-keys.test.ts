import { stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { dayMs, TicketKeys } from '#libs/identity';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { tempTree } from '../support/temp-tree.ts';

const open = (file: string): Promise<TicketKeys> =>
  TicketKeys.open({ file, clock: systemClock, log: silentLogger() });

const place = async (): Promise<string> => path.join(await tempTree(), 'tickets.key');

it('gives each listener its own keys, the same after a restart', async () => {
  const file = await place();
  const keys = await open(file);
  expect(keys.of('https')).toHaveLength(48);
  expect(keys.of('https').equals(keys.of('old https'))).toBe(false);
  expect((await open(file)).of('https').equals(keys.of('https'))).toBe(true);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it.each([
  ['a week old', (file: string) => utimes(file, 0, Date.now() / 1000 - (7 * dayMs) / 1000)],
  ['damaged', (file: string) => writeFile(file, 'short')],
])('makes new keys when the file is %s', async (_, spoil) => {
  const file = await place();
  const before = (await open(file)).of('https');
  await spoil(file);
  const after = (await open(file)).of('https');
  expect(after.equals(before)).toBe(false);
  expect((await open(file)).of('https').equals(after)).toBe(true);
});
