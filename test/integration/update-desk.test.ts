import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import AdmZip from 'adm-zip';
import { describe, expect, it } from 'vitest';
import { canMountTmpfs } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { rawZip } from '../support/raw-zip.ts';
import { deskRig, pieces } from '../support/update-desk-rig.ts';
import { badArchives } from '../support/zip-corpus.ts';

function zip(members: Readonly<Record<string, string>>): Buffer {
  const made = new AdmZip();
  for (const [name, text] of Object.entries(members)) made.addFile(name, Buffer.from(text));
  return made.toBuffer();
}

const firmware = {
  'J100Supgrade.txt': 'SET APPNAME j179.bin',
  '46xxsettings.txt': 'SET A 1',
  'firmware/j179.bin': 'one hundred',
  'TFTPdata/only-tftp.txt': 'x',
  '__MACOSX/junk': 'junk',
};

describe('an upload', () => {
  it('is kept aside with what is in it, and nothing of Updates or the trees changes', async () => {
    const rig = await deskRig();
    const bytes = zip(firmware);
    const { draft, look, replaces } = await rig.upload('J100.zip', bytes);

    expect(replaces).toBeUndefined();
    expect(look).toMatchObject({ archive: true, litter: 1, against: 'trees', filesTotal: 4 });
    expect(look.files.map(({ name, role }) => [name, role])).toEqual([
      ['J100Supgrade.txt', 'upgrade'],
      ['46xxsettings.txt', 'settings'],
      ['TFTPdata/only-tftp.txt', 'other'],
      ['firmware/j179.bin', 'other'],
    ]);
    expect(look.files[1]?.places).toEqual([
      { tree: 'TFTP', name: '46xxsettings.txt', change: 'new' },
      { tree: 'HTTP', name: '46xxsettings.txt', change: 'new' },
      { tree: 'HTTPS', name: '46xxsettings.txt', change: 'new' },
    ]);
    expect(look.trees).toContainEqual({
      tree: 'TFTP',
      files: 2,
      bytes: 8,
      new: 2,
      changed: 0,
      same: 0,
    });
    expect(rig.updates.all()).toEqual([]);
    expect(await rig.inUpdates()).toEqual([`.branchline/drafts/${draft.id}/J100.zip`]);

    await rig.desk.publish(draft.id, undefined, 'ada');
    expect(await rig.inUpdates()).toEqual(['J100.zip']);
    expect(await readFile(path.join(rig.updatesFolder, 'J100.zip'))).toEqual(bytes);
    expect(rig.updates.find('J100.zip')).toMatchObject({ sha256: draft.sha256, origin: 'local' });
    expect(rig.acts.map(({ act, by, name }) => [act, by, name])).toEqual([
      ['uploaded', 'ada', 'J100.zip'],
      ['published', 'ada', 'J100.zip'],
    ]);
  });

  it('is compared with what telephones get now, byte by byte', async () => {
    const rig = await deskRig();
    const first = await rig.upload('J100.zip', zip(firmware));
    await rig.desk.publish(first.draft.id, undefined, 'ada');
    await rig.publishHere('J100.zip');
    const { look, replaces, draft } = await rig.upload(
      'J100.zip',
      zip({
        'J100Supgrade.txt': 'SET APPNAME J179.bin',
        '46xxsettings.txt': 'SET A 1',
        'firmware/new.bin': 'x',
      }),
    );
    expect(look.files.map(({ name, places }) => [name, places[0]?.change])).toEqual([
      ['J100Supgrade.txt', 'changed'],
      ['46xxsettings.txt', 'same'],
      ['firmware/new.bin', 'new'],
    ]);
    expect(look.gone).toEqual({ total: 2, names: ['firmware/j179.bin', 'TFTPdata/only-tftp.txt'] });
    expect(replaces?.sha256).toBe(first.draft.sha256);

    // Said before it is done: without the word, or with that of another version, nothing happens.
    for (const word of [undefined, draft.sha256]) {
      await expect(rig.desk.publish(draft.id, word, 'ada')).rejects.toMatchObject({
        code: 'UPDATE_NAME_TAKEN',
      });
    }
    expect(rig.updates.find('J100.zip')?.sha256).toBe(first.draft.sha256);
    await rig.desk.publish(draft.id, replaces?.sha256, 'ada');
    expect(rig.updates.find('J100.zip')?.sha256).toBe(draft.sha256);
    expect(rig.updates.earlier('J100.zip')).toMatchObject([{ sha256: first.draft.sha256 }]);
  });

  it('may be any file, and is itself compared', async () => {
    const rig = await deskRig();
    const { draft } = await rig.upload('46xxsettings.txt', 'SET A 1');
    await rig.desk.publish(draft.id, undefined, 'ada');
    await rig.publishHere('46xxsettings.txt');
    const same = await rig.upload('46xxsettings.txt', 'SET A 1');
    expect(same.look.files[0]?.places.map(({ change }) => change)).toEqual([
      'same',
      'same',
      'same',
    ]);
    await rig.desk.publish(same.draft.id, undefined, 'ada');
    const other = await rig.upload('46xxsettings.txt', 'SET A 2');
    expect(other.look.files[0]?.places.map(({ change }) => change)).toEqual([
      'changed',
      'changed',
      'changed',
    ]);
    await rig.desk.discard(other.draft.id, 'ada');
    expect(await rig.inUpdates()).toEqual(['46xxsettings.txt']);
    await expect(rig.desk.publish(other.draft.id, undefined, 'ada')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('that is a bad archive is refused in words, and nothing of it is left', async () => {
    const rig = await deskRig();
    // Each of these starts a thread; the whole corpus is judged in archive-inspect and archive-unpack.
    const some = [...Map.groupBy(badArchives, ({ code }) => code).values()].flatMap(([first]) =>
      first === undefined ? [] : [first],
    );
    expect(some.length).toBeGreaterThan(8);
    for (const bad of some) {
      const upload = rig.upload('bad.zip', bad.bytes());
      await expect(upload, bad.title).rejects.toMatchObject({ code: bad.code });
    }
    expect(await rig.inUpdates()).toEqual([]);
    expect(rig.drafts.all()).toEqual([]);
    expect(rig.acts).toEqual([]);
  });

  it('under a name that Updates cannot have is refused', async () => {
    const rig = await deskRig();
    for (const name of [
      '../up.zip',
      'a/b.zip',
      'a\\b.zip',
      '/etc/passwd',
      '..',
      'C:x.zip',
      'NUL.zip',
      'a\u0000.zip',
      'a\n.zip',
      'a.zip.',
      'a.partial',
      '.hidden.zip',
      '~a.zip',
      'a.tmp',
      '.branchline',
      '',
      `${'x'.repeat(260)}.zip`,
    ]) {
      await expect(rig.upload(name, 'x'), name).rejects.toMatchObject({ code: 'NAME_MALFORMED' });
    }
    expect(await rig.inUpdates()).toEqual([]);
  });

  it('that is cut off, too large or one too many leaves nothing', async () => {
    const rig = await deskRig({ maxBytes: 100_000, limits: { drafts: 1, uploads: 1 } });
    const body = (async function* () {
      yield* pieces(Buffer.alloc(70_000));
      throw new Error('cut');
    })();
    const cut = rig.desk.upload({ name: 'a.bin', by: 'ada', size: 80_000, body });
    await expect(cut).rejects.toThrow('cut');
    await expect(rig.upload('a.bin', Buffer.alloc(100_001))).rejects.toMatchObject({
      code: 'FILE_TOO_LARGE',
    });
    const unsaid = pieces(Buffer.alloc(100_001));
    const silent = { name: 'a.bin', by: 'ada', size: undefined, body: unsaid };
    await expect(rig.desk.upload(silent)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
    expect(await rig.inUpdates()).toEqual([]);

    const held = Promise.withResolvers<undefined>();
    const slow = rig.desk.upload({
      ...{ name: 'slow.bin', by: 'ada', size: 1 },
      body: (async function* () {
        await held.promise;
        yield Buffer.from('x');
      })(),
    });
    await expect(rig.upload('b.bin', 'x')).rejects.toMatchObject({ code: 'PEER_BUSY' });
    held.resolve(undefined);
    await slow;
    await expect(rig.upload('b.bin', 'x')).rejects.toMatchObject({ code: 'DRAFTS_TOO_MANY' });
  });

  it('of ten thousand members answers with the first five hundred, and holds nobody up', async () => {
    const rig = await deskRig();
    const many = rawZip(
      Array.from({ length: 9_999 }, (_, n) => ({ name: `f/${n}.bin`, content: `${n}` })),
    );
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const { look } = await rig.upload('many.zip', many);
    clearInterval(watch);
    expect(look.filesTotal).toBe(9_999);
    expect(look.files).toHaveLength(500);
    // The machine may be busy with others; ten thousand members on this thread take over a second.
    expect(longest).toBeLessThan(400);
  });
});

describe('what nobody decided on', () => {
  it('is gone after three days, and what a crash left half done at the next start', async () => {
    let now = Date.parse('2026-11-26T00:00:00Z');
    const rig = await deskRig({ clock: { now: () => now } });
    const { draft } = await rig.upload('old.bin', 'x');
    now += 2 * 86_400_000;
    await rig.upload('young.bin', 'x');
    const half = path.join(rig.updatesFolder, '.branchline', 'drafts', 'half');
    await mkdir(half);
    await writeFile(path.join(half, '.a.zip.0011.partial'), 'half of');

    now += 86_400_000;
    const after = rig.again();
    await after.start();
    await after.stop();
    expect(after.all().map(({ name }) => name)).toEqual(['young.bin']);
    const left = await rig.inUpdates();
    expect(left).toHaveLength(1);
    expect(left[0]).not.toContain(draft.id);
  });

  it('counts as published when the crash came after the rename', async () => {
    const rig = await deskRig();
    const { draft } = await rig.upload('a.bin', 'x');
    await rig.updates.place(rig.drafts.fileOf(draft), draft);
    const after = rig.again();
    await after.start();
    await after.stop();
    expect(after.all()).toEqual([]);
    expect(await rig.inUpdates()).toEqual(['a.bin']);
  });
});

describe('a decision', () => {
  it('is refused for what comes from the hub above', async () => {
    const rig = await deskRig({ pulls: true });
    await mkdir(path.join(rig.updatesFolder, '.branchline'), { recursive: true });
    const partial = path.join(rig.updatesFolder, '.branchline', 'x.partial');
    await writeFile(partial, 'theirs');
    const sha256 = 'a'.repeat(64);
    await rig.updates.adopt(partial, { name: 'a.bin', size: 6, sha256, publishedAt: 1 });
    const { draft, replaces } = await rig.upload('a.bin', 'ours');
    const code = 'UPDATE_FROM_HUB';
    await expect(rig.desk.publish(draft.id, replaces?.sha256, 'ada')).rejects.toMatchObject({
      code,
    });
    await expect(rig.desk.withdraw('a.bin', sha256, 'ada')).rejects.toMatchObject({ code });
  });

  it('never publishes bytes that have changed since they were looked at', async () => {
    const rig = await deskRig();
    const { draft } = await rig.upload('a.bin', 'x');
    await writeFile(rig.drafts.fileOf(draft), 'y');
    await expect(rig.desk.publish(draft.id, undefined, 'ada')).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    expect(rig.updates.all()).toEqual([]);
  });

  it('withdraws only what was shown, and keeps what was made of it', async () => {
    const rig = await deskRig();
    const { draft } = await rig.upload('46xxsettings.txt', 'SET A 1');
    await rig.desk.publish(draft.id, undefined, 'ada');
    await rig.publishHere('46xxsettings.txt');
    await expect(rig.desk.withdraw('46xxsettings.txt', 'other', 'ada')).rejects.toMatchObject({
      code: 'UPDATE_NAME_TAKEN',
    });
    await rig.desk.withdraw('46xxsettings.txt', draft.sha256, 'ada');
    expect(await rig.inUpdates()).toEqual([]);
    expect(rig.updates.withdrawn(10)).toMatchObject([{ name: '46xxsettings.txt' }]);
    expect(await readFile(path.join(rig.trees.HTTP, '46xxsettings.txt'), 'utf8')).toBe('SET A 1');
  });
});

describe.skipIf(!canMountTmpfs())('a full disk (mount)', () => {
  it('takes nothing of an upload, says so in words, and rolls back all the same', async () => {
    const rig = await deskRig({ folder: await smallDisk(6 * 1_048_576) });
    for (const version of ['1', '2']) {
      const bytes = Buffer.alloc(300_000, version);
      const { draft, replaces } = await rig.upload('46xxfirmware.bin', bytes);
      await rig.desk.publish(draft.id, replaces?.sha256, 'ada');
      await rig.publishHere('46xxfirmware.bin');
    }
    const unsaid = { name: 'b.bin', by: 'ada', size: undefined };
    const body = pieces(Buffer.alloc(8 * 1_048_576));
    await expect(rig.desk.upload({ ...unsaid, body })).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(rig.upload('b.bin', Buffer.alloc(8 * 1_048_576))).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect(await rig.inUpdates()).toEqual(['46xxfirmware.bin']);

    await writeFile(path.join(rig.folder, 'fill'), Buffer.alloc(8 * 1_048_576)).catch(
      () => undefined,
    );
    await rig.desk.rollBack({ name: '46xxfirmware.bin', here: true, to: undefined }, 'ada');
    const bytes = await readFile(path.join(rig.trees.TFTP, '46xxfirmware.bin'));
    expect(bytes.equals(Buffer.alloc(300_000, '1'))).toBe(true);
  });
});
