import AdmZip from 'adm-zip';
import { expect, it } from 'vitest';
import { fileIs } from '../support/file-state.ts';
import { command, ServerProcess } from '../support/server-process.ts';
import { drop, joinedSites, leftovers, sha256, statusWhen, visibleIn } from '../support/site.ts';
import { badArchives } from '../support/zip-corpus.ts';

const titles = ['a name that climbs out', 'two names for the same bytes', 'a wrong checksum'];
const chosen = titles.map((title, n) => {
  const found = badArchives.find((archive) => archive.title === title);
  if (found === undefined) throw new Error(`the corpus has no "${title}"`);
  return { ...found, name: `bad-${n}.zip` };
});

it('refuses bad archives with their reasons at the branch and at the hub, and takes the good one after them', async () => {
  const { hub, branch } = await joinedSites();
  for (const { name, bytes } of chosen) await drop(hub, name, bytes());
  await statusWhen(hub, (status) => status.hub?.files === chosen.length);
  await ServerProcess.start(branch.config);
  const refused = await statusWhen(branch, (status) =>
    chosen.every(({ name }) => fileIs(name, 'refused')(status)),
  );
  expect(refused.sync?.files.map(({ name, code }) => [name, code])).toEqual(
    chosen.map(({ name, code }) => [name, code]),
  );
  for (const { reason } of refused.sync?.files ?? []) expect(reason).toMatch(/\w/);
  const atHub = await statusWhen(hub, (status) => status.hub?.branches[0]?.state === 'error');
  const told = atHub.hub?.branches[0]?.lastError;
  expect(told?.code).toBe(chosen[0]?.code);
  expect(told?.sentence).toContain('bad-0.zip');
  expect(told?.advice).toMatch(/\w/);
  expect(await visibleIn(branch, 'HTTPdata')).toEqual({});

  const good = new AdmZip();
  good.addFile('firmware.bin', Buffer.from('good'));
  await drop(hub, 'good.zip', good.toBuffer());
  await statusWhen(branch, fileIs('good.zip', 'published'));
  for (const tree of ['HTTPdata', 'HTTPSdata']) {
    expect(await visibleIn(branch, tree)).toEqual({ 'firmware.bin': sha256('good') });
    expect(await leftovers(branch, tree)).toEqual([]);
  }
  expect(await command('sync', 'updates', '--config', branch.config)).toMatchObject({ status: 3 });
});
