import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ServedFile } from '#libs/delivery';
import { decodePacket } from '#libs/tftp';
import { FrameCache } from '../../libs/tftp/frame-cache.ts';
import type { FramedFile, Piece } from '../../libs/tftp/framed-file.ts';

/** A file in memory that is read like one on disk. */
function fileOf(content: Buffer, changes: Partial<ServedFile> = {}) {
  const log = { reads: 0, closed: 0 };
  const file: ServedFile = {
    name: 'a.bin',
    size: content.length,
    modifiedMs: 0,
    etag: '"a"',
    bytes: undefined,
    read: (target, position) => {
      log.reads += 1;
      // Never more than 5000 bytes: a read may always be short.
      return Promise.resolve(content.copy(target, 0, position, position + 5000));
    },
    close: () => {
      log.closed += 1;
      return Promise.resolve();
    },
    ...changes,
  };
  return { file, log };
}

function dataOf(piece: Piece, packetSize: number): { blocks: number[]; bytes: Buffer } {
  const blocks: number[] = [];
  const parts: Buffer[] = [];
  for (let at = 0; at < piece.bytes.length; at += packetSize) {
    const packet = decodePacket(piece.bytes.subarray(at, at + packetSize));
    if (packet.kind !== 'data') throw new Error(packet.kind);
    blocks.push(packet.block);
    parts.push(packet.bytes);
  }
  return { blocks, bytes: Buffer.concat(parts) };
}

async function everyBlock(frames: FramedFile, last: number) {
  const all = { blocks: [] as number[], bytes: Buffer.alloc(0) };
  for (let block = 1; block <= last;) {
    const piece = frames.pieceOf(block) ?? (await frames.load(block));
    const { blocks, bytes } = dataOf(piece, frames.packetSize);
    all.blocks.push(...blocks);
    all.bytes = Buffer.concat([all.bytes, bytes]);
    block += piece.blocks;
  }
  return all;
}

describe.each([
  [0, 512],
  [1, 512],
  [512, 512],
  [200_000, 1428],
  [65_536, 512],
  [200_000, 65_464],
  [131_072 * 8, 8],
])('a file of %i bytes in blocks of %i', (size, blockSize) => {
  const content = randomBytes(size);
  const last = Math.floor(size / blockSize) + 1;

  it.each([
    ['from disk', undefined],
    ['from memory', content],
  ])('is framed %s', async (_where, bytes) => {
    const cache = new FrameCache(16 * 1024 * 1024);
    const { frames } = await cache.lease(fileOf(content, { bytes }).file, blockSize, 0);
    const all = await everyBlock(frames, last);
    expect(all.bytes.equals(content)).toBe(true);
    expect(all.blocks).toHaveLength(last);
    expect(all.blocks.every((wire, index) => wire === ((index + 1) & 0xffff))).toBe(true);
  });
});

it('reads each piece once for any number of phones, and ahead of them', async () => {
  const content = randomBytes(200_000);
  const cache = new FrameCache(1024 * 1024);
  const { file, log } = fileOf(content);
  const { frames } = await cache.lease(file, 512, 0);
  await Promise.all([frames.load(1), frames.load(2), frames.load(100)]);
  const reads = log.reads;
  expect(frames.pieceOf(1)).toBeDefined();
  expect(frames.pieceOf(129)).toBeUndefined();
  frames.readAhead(1);
  await frames.load(129);
  expect(log.reads).toBe(2 * reads);
});

it('shares one open file among transfers of the same version, and closes it after the last', async () => {
  const cache = new FrameCache(1024 * 1024);
  const [a, b, other] = [
    fileOf(Buffer.from('1')),
    fileOf(Buffer.from('1')),
    fileOf(Buffer.from('1')),
  ];
  const first = await cache.lease(a.file, 512, 0);
  const second = await cache.lease(b.file, 512, 0);
  const third = await cache.lease({ ...other.file, etag: '"b"' }, 512, 0);
  expect(second.frames).toBe(first.frames);
  expect(third.frames).not.toBe(first.frames);
  expect([a.log.closed, b.log.closed]).toEqual([0, 1]);
  await first.release();
  expect(a.log.closed).toBe(0);
  await second.release();
  await third.release();
  expect([a.log.closed, b.log.closed, other.log.closed]).toEqual([1, 1, 1]);
  expect(cache.openFiles).toBe(0);
});

it('keeps the pieces of a file between transfers, and reads on from the new descriptor', async () => {
  const content = randomBytes(100_000);
  const cache = new FrameCache(1024 * 1024);
  const first = await cache.lease(fileOf(content).file, 512, 0);
  await first.frames.load(1);
  await first.release();
  const again = fileOf(content);
  const lease = await cache.lease(again.file, 512, 0);
  const { frames } = lease;
  expect(frames.pieceOf(1)).toBeDefined();
  expect(again.log.reads).toBe(0);
  expect((await frames.load(150)).firstBlock).toBe(129);
  await lease.release();
  expect(again.log.closed).toBe(1);
});

it('never keeps more bytes than it may, and forgets what nobody used first', async () => {
  const content = randomBytes(1_000_000);
  const cache = new FrameCache(200_000);
  const { frames } = await cache.lease(fileOf(content).file, 512, 0);
  await frames.load(1);
  for (let block = 129; block < 1900; block += 128) {
    await frames.load(block);
    expect(frames.pieceOf(1)).toBeDefined();
    expect(cache.bytes).toBeLessThanOrEqual(200_000);
  }
  expect(frames.pieceOf(129)).toBeUndefined();
});

it('fails rather than send a short file', async () => {
  const cache = new FrameCache(1024 * 1024);
  const { file } = fileOf(Buffer.alloc(1000), { size: 2000 });
  const { frames } = await cache.lease(file, 512, 0);
  await expect(frames.load(1)).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  frames.readAhead(1);
});

it('waits for its reads before it closes the file', async () => {
  const order: string[] = [];
  const reading = Promise.withResolvers<number>();
  const cache = new FrameCache(1024 * 1024);
  const { file } = fileOf(Buffer.alloc(10), {
    read: () => reading.promise.finally(() => order.push('read')),
    close: () => Promise.resolve(void order.push('closed')),
  });
  const lease = await cache.lease(file, 512, 0);
  const loading = lease.frames.load(1);
  const released = lease.release();
  reading.resolve(10);
  await Promise.all([loading, released]);
  expect(order).toEqual(['read', 'closed']);
});
