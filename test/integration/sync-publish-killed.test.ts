import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { link, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { hashFile } from '#libs/files';
import { buildFirmwareZip, type FirmwareFile } from '../../apps/demo/firmware-set.ts';
import { publisherRig, quiet, type PublisherRig } from '../support/tree-publisher-rig.ts';

const script = fileURLToPath(new URL('../support/publish-and-die.ts', import.meta.url));
const shares = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** Ten files each in two versions, with an upgrade file that names the version. */
function version(n: number): Record<string, string> {
  const payload = Array.from({ length: 9 }, (_, at): [string, string] => [
    `firmware/part${at}.bin`,
    `${n}:${randomBytes(40_000).toString('base64')}`,
  ]);
  return Object.fromEntries([...payload, ['96x1Supgrade.txt', `SET VERSION ${n}`]]);
}

/** Which version each visible file of the HTTP tree is of. */
async function versionsIn(rig: PublisherRig): Promise<Set<string>> {
  const visible = await rig.visible();
  return new Set(
    Object.entries(visible)
      .filter(([name]) => name.startsWith('HTTP:firmware'))
      .map(([, text]) => text.slice(0, 1)),
  );
}

async function killed(...words: string[]): Promise<boolean> {
  const child = spawn(process.execPath, ['-C', 'source', script, ...words], { stdio: 'inherit' });
  await once(child, 'exit');
  return child.signalCode === 'SIGKILL';
}

/** A firmware set large enough that unpacking it takes a while. */
const totalBytes = 80_000_000;
let firmware = '';
let files: FirmwareFile[] = [];

beforeAll(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'branchline-'));
  firmware = path.join(folder, 'firmware.zip');
  files = await buildFirmwareZip({ target: firmware, totalBytes, files: 40 });
  return async () => {
    await rm(folder, { recursive: true });
  };
});

/** Start publishing in a process of its own and kill it once so much of the archive lies in staging. */
async function killedUnpacking(rig: PublisherRig, sha256: string, share: number): Promise<void> {
  const words = ['-C', 'source', script, rig.folder, 'firmware.zip', sha256];
  const child = spawn(process.execPath, words, { stdio: 'inherit' });
  const ended = once(child, 'exit');
  while (child.exitCode === null && (await stagedBytes(rig)) < share * totalBytes) await turn();
  child.kill('SIGKILL');
  await ended;
  expect(child.signalCode, 'it was over before it could be killed').toBe('SIGKILL');
}

async function stagedBytes({ trees }: PublisherRig): Promise<number> {
  const staging = path.join(trees.HTTP, '.branchline', 'staging');
  const entries = await readdir(staging, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) => stat(path.join(entry.parentPath, entry.name)).then(({ size }) => size));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

it.each(shares.slice(0, -1))(
  'kill -9 at %f of unpacking: the old set, nothing in staging, and the next try succeeds',
  async (share) => {
    const rig = await publisherRig();
    await rig.publish(await rig.zip('a.zip', version(1)));
    const old = await rig.visible();
    const file = path.join(rig.folder, 'Updates', 'firmware.zip');
    await link(firmware, file);
    const { sha256 } = await hashFile(file);
    await killedUnpacking(rig, sha256, share);
    expect(await rig.visible()).toEqual(old);

    const after = rig.again();
    await after.recover();
    expect(await rig.visible()).toEqual(old);
    expect((await rig.internal()).filter((name) => name.includes('staging'))).toEqual([]);
    await after.publish(
      { name: 'firmware.zip', sha256, file },
      quiet,
      new AbortController().signal,
    );
    for (const { name, sha256: digest } of files) {
      expect((await hashFile(path.join(rig.trees.HTTPS, name))).sha256).toBe(digest);
    }
  },
);

it.each(shares)(
  'kill -9 at %f of the renames: the start after it finishes the new set',
  async (share) => {
    const rig = await publisherRig();
    await rig.publish(await rig.zip('a.zip', version(1)));
    const update = await rig.zip('a.zip', version(2));
    expect(await killed(rig.folder, update.name, update.sha256, `${share}`)).toBe(true);
    // The upgrade file comes last: while it is the old one, a phone asks for nothing new.
    const script96 = await readFile(path.join(rig.trees.HTTP, '96x1Supgrade.txt'), 'utf8');
    if (script96.endsWith('2')) expect(await versionsIn(rig)).toEqual(new Set(['2']));

    await rig.again().recover();
    expect(await versionsIn(rig)).toEqual(new Set(['2']));
    expect((await rig.visible())['HTTP:96x1Supgrade.txt']).toBe('SET VERSION 2');
    expect((await rig.visible())['HTTPS:96x1Supgrade.txt']).toBe('SET VERSION 2');
    expect((await rig.internal()).filter((name) => name.includes('staging'))).toEqual([]);
  },
);
