import { randomBytes } from 'node:crypto';
import { readFile, rename, stat, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { PieceBuffers, PieceReader, TreeDelivery, type ServedFile } from '#libs/delivery';
import { HotPieces, type HotPiece, type PieceSource } from '../../libs/delivery/hot-pieces.ts';
import { settledClock } from '../support/settled-clock.ts';
import { plant, tempTree } from '../support/temp-tree.ts';

const pieceBytes = 4;

interface CountedSource extends PieceSource {
  /** Positions that were read, in order. */
  readonly reads: number[];
}

function source(key: string, text: string): CountedSource {
  const bytes = Buffer.from(text);
  const reads: number[] = [];
  return {
    key,
    size: bytes.length,
    reads,
    fill: async (target, position) => {
      reads.push(position);
      await sleep(1);
      bytes.copy(target, 0, position);
    },
  };
}

const held = (maxBytes: number, idleMs?: number): HotPieces =>
  new HotPieces({ maxBytes, pieceBytes, ...(idleMs === undefined ? {} : { idleMs }) });

async function take(pieces: HotPieces, from: PieceSource, index: number): Promise<HotPiece> {
  const piece = await pieces.take(from, index);
  if (piece === undefined) throw new Error('no room');
  return piece;
}

it('reads a piece once for all who ask, also at the same time', async () => {
  const pieces = held(40);
  const file = source('a', '0123456789');
  const first = await Promise.all([take(pieces, file, 1), take(pieces, file, 1)]);
  const later = await take(pieces, file, 1);
  for (const piece of [...first, later]) expect(String(piece.bytes)).toBe('4567');
  expect(String((await take(pieces, file, 2)).bytes)).toBe('89');
  expect(file.reads).toEqual([4, 8]);
});

it('never takes more than its measure, and never what is in use', async () => {
  const pieces = held(3 * pieceBytes);
  const file = source('a', '0123456789abcdefghij');
  const inHand = [await take(pieces, file, 0), await take(pieces, file, 1)];
  (await take(pieces, file, 2)).release(true);
  (await take(pieces, file, 3)).release(true);
  expect(pieces.bytes).toBe(3 * pieceBytes);
  expect(inHand.map(({ bytes }) => String(bytes))).toEqual(['0123', '4567']);
  const third = await take(pieces, file, 3);
  expect(pieces.take(file, 4)).toBeUndefined();
  third.release(true);
  expect(String((await take(pieces, file, 4)).bytes)).toBe('ghij');
});

it('lets go what was asked for longest ago', async () => {
  const pieces = held(2 * pieceBytes);
  const file = source('a', '0123456789ab');
  for (const index of [0, 1, 0, 2, 0]) (await take(pieces, file, index)).release(true);
  expect(file.reads).toEqual([0, 4, 8]);
});

it('fills memory again, but not while a broken write may look at it', async () => {
  const pieces = held(pieceBytes);
  const file = source('a', '0123456789ab');
  const first = await take(pieces, file, 0);
  first.release(true);
  const second = await take(pieces, file, 1);
  expect(second.bytes.buffer).toBe(first.bytes.buffer);
  second.release(false);
  const third = await take(pieces, file, 2);
  expect(third.bytes.buffer).not.toBe(second.bytes.buffer);
  expect(String(second.bytes)).toBe('4567');
});

it('tells all who wait that it cannot be read, and tries again for the next', async () => {
  const pieces = held(40);
  const whole = source('a', '0123');
  let failures = 1;
  const file: PieceSource = {
    ...whole,
    fill: async (target, position) => {
      if (failures-- > 0) throw new Error('the disk is broken');
      await whole.fill(target, position);
    },
  };
  const both = await Promise.allSettled([take(pieces, file, 0), take(pieces, file, 0)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(String((await take(pieces, file, 0)).bytes)).toBe('0123');
});

it('gives its memory back when nobody asks any more', async () => {
  const pieces = held(40, 20);
  const file = source('a', '01234567');
  const inHand = await take(pieces, file, 0);
  (await take(pieces, file, 1)).release(true);
  await expect.poll(() => pieces.bytes).toBe(pieceBytes);
  inHand.release(true);
  await expect.poll(() => pieces.bytes).toBe(0);
});

const mebibyte = 1024 * 1024;

interface Bench {
  readonly root: string;
  readonly delivery: TreeDelivery;
  readonly find: () => Promise<ServedFile>;
  readonly reader: (file: ServedFile) => PieceReader;
}

async function bench(content: Buffer, pieceCacheBytes = 8 * mebibyte): Promise<Bench> {
  const root = await tempTree({ 'a.bin': content });
  const delivery = new TreeDelivery({
    ...{ trees: { HTTP: root }, cacheBytes: mebibyte, cacheFileBytes: 1000, pieceCacheBytes },
    clock: settledClock,
  });
  const buffers = new PieceBuffers();
  return {
    ...{ root, delivery },
    find: () => delivery.find({ tree: 'HTTP', name: 'a.bin', address: '192.0.2.7' }),
    reader: (file) =>
      new PieceReader({ file, first: 0, length: file.size, buffers, maxBytes: 64 * 1024 }),
  };
}

async function rest(reader: PieceReader): Promise<Buffer> {
  const bytes: Buffer[] = [];
  for (let next = await reader.next(); next !== undefined; next = await reader.next())
    bytes.push(Buffer.from(next));
  reader.close(true);
  return Buffer.concat(bytes);
}

it('reads a file whole, whatever part of it is in memory', async () => {
  const content = randomBytes(3 * mebibyte + 17);
  for (const room of [0, mebibyte, 8 * mebibyte]) {
    const { find, reader, delivery } = await bench(content, room);
    for (let n = 0; n < 2; n += 1) {
      const files = [await find(), await find()];
      const got = await Promise.all(files.map((file) => rest(reader(file))));
      expect(got.every((bytes) => bytes.equals(content))).toBe(true);
      for (const file of files) await file.close();
    }
    expect(delivery.usage.pieceBytes).toBeLessThanOrEqual(room);
    await expect.poll(() => delivery.usage.descriptors).toBe(0);
  }
});

it('lets others have their turn while all of a file comes out of memory', async () => {
  const { find, reader } = await bench(randomBytes(8 * mebibyte));
  const file = await find();
  await rest(reader(file));
  let turns = 0;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await rest(reader(file));
  clearImmediate(next);
  // 128 parts of 64 KiB, 32 at a time.
  expect(turns).toBeGreaterThanOrEqual(3);
  await file.close();
});

it('reads the part that is asked for', async () => {
  const content = randomBytes(mebibyte);
  const { find } = await bench(content);
  const file = await find();
  const [first, length] = [300_000, 500_000];
  const buffers = new PieceBuffers();
  const reader = new PieceReader({ file, first, length, buffers, maxBytes: 64 * 1024 });
  expect((await rest(reader)).equals(content.subarray(first, first + length))).toBe(true);
  await file.close();
});

it.each([
  ['overwritten', (place: string) => writeFile(place, randomBytes(2 * mebibyte))],
  ['cut short', (place: string) => truncate(place, mebibyte)],
])('gives no piece out of memory of a file that was %s in place', async (_, change) => {
  const { root, find, reader } = await bench(randomBytes(2 * mebibyte));
  const before = await find();
  // Now all of it is in memory.
  await rest(reader(before));
  const reading = reader(before);
  await reading.next();
  await change(path.join(root, 'a.bin'));
  await expect(reading.next()).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  reading.close(true);
  const after = await find();
  const now = await readFile(path.join(root, 'a.bin'));
  expect((await rest(reader(after))).equals(now)).toBe(true);
  for (const file of [before, after]) await file.close();
});

it('takes a version that has size and time of the one before for another', async () => {
  const { root, find, reader } = await bench(randomBytes(mebibyte));
  const place = path.join(root, 'a.bin');
  const time = new Date(1_000_000_000_000);
  await utimes(place, time, time);
  const before = await find();
  await rest(reader(before));
  await before.close();
  // The clock of the file system moves by a few milliseconds.
  await sleep(20);
  const other = randomBytes(mebibyte);
  await writeFile(place, other);
  await utimes(place, time, time);
  const after = await find();
  expect((await rest(reader(after))).equals(other)).toBe(true);
  await after.close();
});

it('gives the old version to who began with it, and the new one to the next, at the same time', async () => {
  const [old, fresh] = [randomBytes(2 * mebibyte), randomBytes(2 * mebibyte)];
  const { root, find, reader } = await bench(old);
  const before = await find();
  const reading = reader(before);
  const first = Buffer.from((await reading.next()) ?? '');
  await plant(root, { 'a.bin.new': fresh });
  await rename(path.join(root, 'a.bin.new'), path.join(root, 'a.bin'));
  const after = await find();
  const readingAfter = reader(after);
  const firstAfter = Buffer.from((await readingAfter.next()) ?? '');
  expect(Buffer.concat([first, await rest(reading)]).equals(old)).toBe(true);
  expect(Buffer.concat([firstAfter, await rest(readingAfter)]).equals(fresh)).toBe(true);
  for (const file of [before, after]) await file.close();
});

it('reads ahead to the end of the piece, also for a telephone that has left', async () => {
  const content = randomBytes(mebibyte);
  const { root, find, reader, delivery } = await bench(content);
  const file = await find();
  const reading = reader(file);
  await reading.next();
  reading.close(false);
  await file.close();
  await expect.poll(() => delivery.usage.descriptors).toBe(0);
  const again = await find();
  expect((await rest(reader(again))).equals(content)).toBe(true);
  await again.close();
  await unlink(path.join(root, 'a.bin'));
});

it('holds nothing of a file that was written to just now', async () => {
  const content = randomBytes(mebibyte);
  const root = await tempTree({ 'a.bin': content });
  const now = vi.fn(() => Date.now());
  const delivery = new TreeDelivery({
    ...{ trees: { HTTP: root }, cacheBytes: 0, cacheFileBytes: 1000, pieceCacheBytes: 8e6 },
    clock: { ...settledClock, now },
  });
  const { ctimeMs } = await stat(path.join(root, 'a.bin'));
  now.mockReturnValue(ctimeMs + 50);
  const file = await delivery.find({ tree: 'HTTP', name: 'a.bin', address: '192.0.2.7' });
  expect(await file.piece?.(0)).toBeUndefined();
  now.mockReturnValue(ctimeMs + 500);
  expect((await file.piece?.(0))?.piece.bytes.equals(content.subarray(0, 256 * 1024))).toBe(true);
  await file.close();
});
