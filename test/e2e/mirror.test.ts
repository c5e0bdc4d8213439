import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Check } from 'typebox/value';
import { expect, it } from 'vitest';
import { statusSchema, type Status } from '#libs/pages';
import type { DemoSite } from '../../apps/demo/demo-site.ts';
import { dataOf, mirroredPair } from '../support/mirrored-pair.ts';
import { ServerProcess } from '../support/server-process.ts';
import { mustRun, setLine } from '../support/site.ts';
import { webFetch } from '../support/web-fetch.ts';

const backup = '4711_96xxdata.txt';

async function save({ httpPort }: DemoSite, name: string, text: string): Promise<void> {
  const url = `http://127.0.0.1:${httpPort}/${name}`;
  const { ok, status } = await fetch(url, { method: 'PUT', body: text });
  if (!ok) throw new Error(`${url}: ${status}`);
}

async function fetched({ httpPort }: DemoSite, name: string): Promise<string | number> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/${name}`);
  return response.ok ? await response.text() : response.status;
}

async function stateOf({ statusPort }: DemoSite): Promise<Status['mirror']> {
  const response = await fetch(`http://127.0.0.1:${statusPort}/api/v1/status`);
  const status: unknown = await response.json();
  if (!Check(statusSchema, status)) throw new Error('the status is not as its schema says');
  return status.mirror;
}

const inStep = { inStep: true, caughtUp: true, away: null, behind: 0 };

const textAt = async (site: DemoSite, ...parts: string[]): Promise<string> =>
  await readFile(dataOf(site, ...parts), 'utf8').catch(() => '');

it('has what a telephone saves at both servers before it is acknowledged', async () => {
  const [one, two] = await mirroredPair();
  const first = await ServerProcess.start(one.config);
  await ServerProcess.start(two.config);
  // Until the second has asked for the first time, nobody is waited for.
  await save(one, '1000_96xxdata.txt', 'first');
  await expect.poll(() => textAt(two, 'HTTPbackup', '1000_96xxdata.txt')).toBe('first');
  for (let n = 0; n < 20; n += 1) {
    await save(one, backup, `version ${n}`);
    // Without a pause: it was there before the answer.
    expect(await textAt(two, 'HTTPbackup', backup)).toBe(`version ${n}`);
  }
  await expect.poll(() => stateOf(one)).toMatchObject({ peer: 'faro', ...inStep });
  await expect.poll(() => stateOf(two)).toMatchObject({ peer: 'porto', ...inStep });
  await first.kill();
  expect(await fetched(two, backup)).toBe('version 19');
  const away = { code: 'PEER_UNREACHABLE' };
  await expect.poll(() => stateOf(two)).toMatchObject({ caughtUp: false, away });
  const began = performance.now();
  await save(two, backup, 'alone');
  await save(two, backup, 'alone again');
  expect(performance.now() - began).toBeLessThan(5_000);

  // It comes back, and has what was saved meanwhile.
  await ServerProcess.start(one.config);
  await expect.poll(() => fetched(one, backup)).toBe('alone again');
  await expect.poll(() => stateOf(two)).toMatchObject(inStep);
});

it('holds the same trees, and keeps both versions of what was changed at both', async () => {
  const [one, two] = await mirroredPair();
  for (const site of [one, two]) await mkdir(dataOf(site, 'HTTPdata'), { recursive: true });
  await writeFile(dataOf(one, 'HTTPdata', '46xxsettings.txt'), 'SET A 1');
  const first = await ServerProcess.start(one.config);
  let second = await ServerProcess.start(two.config);
  await expect.poll(() => fetched(two, '46xxsettings.txt')).toBe('SET A 1');
  await writeFile(dataOf(two, 'HTTPdata', 'logo.jpg'), 'logo');
  await expect.poll(() => fetched(one, 'logo.jpg')).toBe('logo');

  // Changed on one side while the other is away: that side is right. Removed on one side: removed.
  await second.stop();
  await writeFile(dataOf(one, 'HTTPdata', '46xxsettings.txt'), 'SET A 2');
  await rm(dataOf(two, 'HTTPdata', 'logo.jpg'));
  // Changed at both: the later one counts.
  await save(one, backup, 'saved at the first');
  await first.stop();
  second = await ServerProcess.start(two.config);
  await save(two, backup, 'saved at the second, later');
  await ServerProcess.start(one.config);
  await expect.poll(() => fetched(two, '46xxsettings.txt')).toBe('SET A 2');
  await expect.poll(() => fetched(one, 'logo.jpg')).toBe(404);
  await expect.poll(() => fetched(one, backup)).toBe('saved at the second, later');
  // What lost is a version at both.
  for (const site of [one, two]) {
    const folder = dataOf(site, 'HTTPbackup', '.branchline', 'history', `${backup}.versions`);
    const texts = async (): Promise<string[]> =>
      await Promise.all(
        (await readdir(folder)).map((file) => readFile(path.join(folder, file), 'utf8')),
      );
    await expect.poll(texts).toContain('saved at the first');
  }
});

it('opens a backup at the other server by the password that the first one was shown, and by no other', async () => {
  const [one, two] = await mirroredPair();
  for (const site of [one, two]) {
    await setLine(site, 'RunHTTPS', '1');
    await setLine(site, 'HTTPBackupProof', 'basic');
  }
  const ask = async (
    { httpsPort }: DemoSite,
    name: string,
    password: string,
    text?: string,
  ): Promise<number> => {
    const authorization = `Basic ${Buffer.from(`192.0.2.1:${password}`).toString('base64')}`;
    const sent = text === undefined ? {} : { method: 'PUT', body: Buffer.from(text) };
    const headers = { authorization };
    const origin = `https://127.0.0.1:${httpsPort}`;
    return (await webFetch(origin, `/${name}`, { headers, ...sent })).status;
  };
  const first = await ServerProcess.start(one.config);
  await ServerProcess.start(two.config);
  const passwords = ['HTTPbackup', '.branchline', 'passwords'];
  // Until the second has asked for the first time, nobody is waited for.
  await ask(one, '1000_96xxdata.txt', '1000', 'first');
  await expect.poll(() => textAt(two, ...passwords, '1000')).not.toBe('');
  expect(await ask(one, backup, '4321', 'contacts')).toBe(201);
  await first.kill();
  expect(await ask(two, backup, '1234')).toBe(401);
  expect(await ask(two, backup, '4321')).toBe(200);

  await mustRun('backups', 'forget-password', '4711', '--config', two.config);
  await ServerProcess.start(one.config);
  await expect.poll(() => textAt(one, ...passwords, '4711')).toBe('forgotten\n');
  expect(await ask(one, backup, '1234')).toBe(200);
});
