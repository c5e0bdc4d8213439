import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
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

  it('takes nothing from the content store', async () => {
    const disk = await PowerCutDisk.create();
    const source = path.join(await tempFolder(), 'firmware.bin');
    const bytes = randomBytes(500_000);
    await writeFile(source, bytes);
    const store = new ContentStore(path.join(disk.folder, 'store'));
    await store.prepare();
    const { sha256 } = await store.put(source);
    await disk.cut();
    await disk.restore();
    expect(bytes.equals(await readFile(store.pathOf(sha256)))).toBe(true);
  });

  it('takes nothing that was unpacked', async () => {
    const disk = await PowerCutDisk.create();
    const source = path.join(await tempFolder(), 'firmware.zip');
    const bytes = randomBytes(500_000);
    await buildArchive([{ name: 'fw/app.bin', bytes }], source);
    const unpacked = [path.join(disk.folder, 'a'), path.join(disk.folder, 'b')];
    await unpackArchive(await inspectArchive(source), [{ entry: 0, destinations: unpacked }]);
    await disk.cut();
    await disk.restore();
    for (const file of unpacked) expect(bytes.equals(await readFile(file))).toBe(true);
  });
});

describe.skipIf(!hasClient('strace'))('the order on the way to the disk (strace)', () => {
  it('of a durable write is write, fsync, rename, fsync of the folder', async () => {
    const folder = await tempFolder();
    const calls = await callsIn(
      folder,
      `import { writeDurably } from '#libs/files';
      await writeDurably(process.argv[1] + '/settings.txt', 'SET A 1');`,
    );
    expect(calls).toEqual([
      'pwrite64 .settings.txt',
      'fsync .settings.txt',
      'rename',
      `fsync ${path.basename(folder)}`,
    ]);
  });

  it('of a new file is write, time, fsync', async () => {
    const folder = await tempFolder();
    const calls = await callsIn(
      folder,
      `import { writeNew } from '#libs/files';
      const marks = { mode: 0o600, modifiedMs: 1_600_000_000_000 };
      await writeNew(process.argv[1] + '/new', Buffer.from('bytes'), marks);`,
    );
    expect(calls).toEqual(['pwrite64 new', 'utimensat new', 'fsync new']);
  });

  it('of unpacking is write, sync of each file, fsync of the folder', async () => {
    const zip = path.join(await tempFolder(), 'firmware.zip');
    await buildArchive([{ name: 'app.bin', bytes: randomBytes(500) }], zip);
    const folder = await tempFolder();
    const calls = await callsIn(
      folder,
      `import { inspectArchive, unpackArchive } from '#libs/archive';
      const destinations = ['a', 'b'].map((name) => process.argv[1] + '/' + name);
      await unpackArchive(await inspectArchive('${zip}'), [{ entry: 0, destinations }]);`,
    );
    expect(calls).toEqual([
      'pwrite64 a',
      'pwrite64 b',
      'fdatasync a',
      'fdatasync b',
      `fsync ${path.basename(folder)}`,
    ]);
  });
});

/** What a program given the folder does to files below it, in order; random parts of temporary names are cut off. */
async function callsIn(folder: string, program: string): Promise<string[]> {
  const trace = path.join(await tempFolder(), 'trace');
  const { status, stderr } = await runClient('strace', [
    ...['-f', '-y', '-o', trace],
    ...['-e', 'trace=pwrite64,write,fsync,fdatasync,utimensat,rename,renameat,renameat2'],
    ...[process.execPath, '-C', 'source', '--input-type=module', '-e', program, folder],
  ]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return (await readFile(trace, 'utf8'))
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => /^\d+ +(\w+)\((?:\d+<([^>]*)>)?/.exec(line))
    .map((call) =>
      `${call?.[1]} ${path.basename(call?.[2] ?? '')}`.replace(/\.\w+\.partial$/, '').trim(),
    );
}
