import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { partialBeside } from '#libs/files';
import { ServerProcess } from '../support/server-process.ts';
import { joinedSites, setLine } from '../support/site.ts';

const digest = 'ab'.repeat(32);

it('sweeps at its start what a killed hub left half-written, and keeps what an upload goes on with', async () => {
  const { hub, hubProcess } = await joinedSites();
  await hubProcess.kill();
  await setLine(hub, 'FileServer', '1\nCDRBackup=1');
  const data = path.join(hub.folder, 'data');
  const folders = ['CDRBackup/.branchline/incoming', 'Backup/.branchline/uploads'];
  for (const folder of folders.map((each) => path.join(data, each))) {
    await mkdir(folder, { recursive: true });
    await writeFile(partialBeside(path.join(folder, digest)), 'of a small file');
    await writeFile(
      path.join(folder, `lisbon.${digest}.partial`),
      'the first bytes of a large one',
    );
  }
  await ServerProcess.start(hub.config);
  for (const folder of folders.map((each) => path.join(data, each))) {
    expect(await readdir(folder)).toEqual([`lisbon.${digest}.partial`]);
    expect(await readFile(path.join(folder, `lisbon.${digest}.partial`), 'utf8')).toContain(
      'large',
    );
  }
});
