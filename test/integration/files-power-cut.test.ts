import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildArchive, inspectArchive, unpackArchive } from '#libs/archive';
import { ContentStore, makeFolder, renameDurably, writeDurably } from '#libs/files';
import { canCutPower, PowerCutDisk } from '../support/power-cut.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

describe.skipIf(!canCutPower())('a power cut (losetup, mkfs.ext4, perl)', () => {
  it('takes nothing that was acknowledged', async () => {
    const disk = await PowerCutDisk.create();
    const bytes = randomBytes(300_000);
    await writeDurably(path.join(disk.folder, 'settings.txt'), 'one');
    await writeDurably(path.join(disk.folder, 'settings.txt'), bytes);
    await makeFolder(path.join(disk.folder, 'a', 'b'));
    await writeDurably(path.join(disk.folder, 'staged'), 'moved');
    await renameDurably(path.join(disk.folder, 'staged'), path.join(disk.folder, 'a', 'b', 'x'));
    await disk.cut();
    await disk.restore();
    expect(bytes.equals(await readFile(path.join(disk.folder, 'settings.txt')))).toBe(true);
    expect(await readFile(path.join(disk.folder, 'a', 'b', 'x'), 'utf8')).toBe('moved');
    expect((await readdir(disk.folder)).toSorted()).toEqual(['a', 'lost+found', 'settings.txt']);
  });

  it('leaves the last acknowledged version or a later one, whole', async () => {
    const disk = await PowerCutDisk.create();
    const file = path.join(disk.folder, 'counter.txt');
    const text = (version: number): string => `${version}\n`.repeat(5000);
    let acknowledged = 0;
    const enough = Promise.withResolvers<undefined>();
    const writing = (async () => {
      for (let version = 1; ; version += 1) {
        await writeDurably(file, text(version));
        acknowledged = version;
        if (version === 20) enough.resolve(undefined);
      }
    })();
    const failed = expect(writing).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    await enough.promise;
    await disk.cut();
    await failed;
    await disk.restore();
    const found = await readFile(file, 'utf8');
    const version = Number.parseInt(found, 10);
    expect(version).toBeGreaterThanOrEqual(acknowledged);
    expect(found).toBe(text(version));
  });

  it('takes a rename whose folder was not synced: the test can fail', async () => {
    const disk = await PowerCutDisk.create();
    await writeDurably(path.join(disk.folder, 'safe'), 'x');
    const handle = await open(path.join(disk.folder, 'temporary'), 'w');
    await handle.writeFile('bytes');
    await handle.sync();
    await handle.close();
    await rename(path.join(disk.folder, 'temporary'), path.join(disk.folder, 'lost'));
    await writeFile(path.join(disk.folder, 'also-lost'), 'bytes');
    await disk.cut();
    await disk.restore();
    expect((await readdir(disk.folder)).toSorted()).toEqual(['lost+found', 'safe', 'temporary']);
  });

  it('takes nothing from the content store, nor from what was unpacked', async () => {
    const disk = await PowerCutDisk.create();
    const source = path.join(await tempFolder(), 'firmware.zip');
    const bytes = randomBytes(500_000);
    await buildArchive([{ name: 'fw/app.bin', bytes }], source);
    const store = new ContentStore(path.join(disk.folder, 'store'));
    await store.prepare();
    const { sha256 } = await store.put(source);
    const staging = path.join(disk.folder, 'staging');
    await makeFolder(staging);
    const unpacked = [path.join(staging, 'a'), path.join(staging, 'b')];
    await unpackArchive(await inspectArchive(source), [{ entry: 0, destinations: unpacked }]);
    await disk.cut();
    await disk.restore();
    expect((await readFile(store.pathOf(sha256))).equals(await readFile(source))).toBe(true);
    for (const file of unpacked) expect(bytes.equals(await readFile(file))).toBe(true);
  });
});

describe.skipIf(!hasClient('strace'))('the order of a durable write (strace)', () => {
  it('is write, fsync, rename, fsync of the folder', async () => {
    const dir = await tempFolder();
    await mkdir(path.join(dir, 'tree'));
    const program = `
      import { writeDurably } from '#libs/files';
      await writeDurably(process.argv[1], 'SET A 1');`;
    const trace = path.join(dir, 'trace');
    const file = path.join(dir, 'tree', 'settings.txt');
    const { status, stderr } = await runClient('strace', [
      ...['-f', '-y', '-o', trace, '-e', 'trace=pwrite64,write,fsync,rename,renameat,renameat2'],
      ...[process.execPath, '-C', 'source', '--input-type=module', '-e', program, file],
    ]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const calls = (await readFile(trace, 'utf8'))
      .split('\n')
      .filter((line) => line.includes(path.join(dir, 'tree')))
      .map((line) => /^\d+ +(\w+)\((?:\d+<([^>]*)>)?/.exec(line))
      .map((call) => [call?.[1], path.basename(call?.[2] ?? '').replace(/\.\w+\.partial$/, '')]);
    expect(calls).toEqual([
      ['pwrite64', '.settings.txt'],
      ['fsync', '.settings.txt'],
      ['rename', ''],
      ['fsync', 'tree'],
    ]);
  });
});
