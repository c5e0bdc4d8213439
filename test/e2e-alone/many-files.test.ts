import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { demoSite, updatesOf, type DemoSite } from '../../apps/demo/demo-site.ts';
import { ServerProcess } from '../support/server-process.ts';
import { drop, mustRun, statusWhen } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

const count = 2_000;

/** Every content in the hub's store with its inode and times, which a rewrite would change. */
async function stored(hub: DemoSite): Promise<Record<string, string>> {
  const root = path.join(hub.folder, 'state', 'store');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const seen = await Promise.all(
    files.map(async ({ name, parentPath }) => {
      const { ino, mtimeMs, ctimeMs } = await stat(path.join(parentPath, name));
      return [name, `${ino} ${mtimeMs} ${ctimeMs}`] as const;
    }),
  );
  return Object.fromEntries(seen);
}

async function timedStart(hub: DemoSite): Promise<[ServerProcess, number]> {
  const start = performance.now();
  const running = await ServerProcess.start(hub.config);
  return [running, performance.now() - start];
}

it(`is ready at once after a restart with ${count} files in Updates, and writes none of them again`, async () => {
  const hub = await demoSite(await tempFolder(), 'hub', true);
  await mustRun('hub', 'init', '--config', hub.config);
  await mkdir(updatesOf(hub), { recursive: true });
  for (let n = 0; n < count; n += 1) {
    await writeFile(path.join(updatesOf(hub), `00096e${n}.txt`), `SET PHONE_NUMBER ${n}\n`);
  }
  const [first, firstMs] = await timedStart(hub);
  await statusWhen(hub, (status) => status.hub?.files === count);
  await first.stop();
  const before = await stored(hub);
  expect(Object.keys(before)).toHaveLength(count);

  // Three seconds; on a machine where even a start that knows no file takes longer, no more than such a start.
  const [, againMs] = await timedStart(hub);
  expect(againMs).toBeLessThan(Math.max(3_000, 1.5 * firstMs));
  // What is dropped after the start shows that the whole folder has been looked at.
  const { hub: restarted } = await statusWhen(hub, (status) => status.hub !== null);
  expect(restarted).toMatchObject({ files: count });
  await drop(hub, 'one-more.txt', 'one more');
  await statusWhen(hub, (status) => status.hub?.files === count + 1);
  expect(await stored(hub)).toMatchObject(before);
});
