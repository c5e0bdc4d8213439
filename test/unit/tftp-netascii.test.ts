import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { ServedFile } from '#libs/delivery';
import { NetasciiFile } from '../../libs/tftp/netascii-file.ts';

const fileOf = (content: Buffer, inMemory: boolean, size = content.length): ServedFile => ({
  name: 'a.txt',
  size,
  modifiedMs: 0,
  etag: '"a"',
  bytes: inMemory ? content : undefined,
  read: (target, position) => Promise.resolve(content.copy(target, 0, position)),
  close: () => Promise.resolve(),
});

const expected = (content: Buffer): Buffer =>
  Buffer.from(
    content.toString('latin1').replaceAll(/[\r\n]/g, (c) => (c === '\n' ? '\r\n' : '\r\0')),
    'latin1',
  );

/** Read by pieces of `step` bytes. */
async function contentOf(file: ServedFile, step: number): Promise<Buffer> {
  const whole = Buffer.alloc(file.size);
  for (let position = 0; position < file.size;) {
    const got = await file.read(whole.subarray(position, position + step), position);
    if (got === 0) throw new Error(`nothing at ${position}`);
    position += got;
  }
  return whole;
}

it.each([
  ['nothing', Buffer.alloc(0)],
  ['Unix lines', Buffer.from('SET A 1\nSET B 2\n')],
  ['Windows lines', Buffer.from('SET A 1\r\nSET B 2\r\n')],
  ['only line ends over several strides', Buffer.from('\n\r'.repeat(70_000))],
  ['any bytes', randomBytes(300_000)],
])('converts %s, with the exact length beforehand', async (_what, content) => {
  const fromDisk = await NetasciiFile.over(fileOf(content, false));
  const fromMemory = await NetasciiFile.over(fileOf(content, true));
  expect(fromDisk.size).toBe(expected(content).length);
  expect((await contentOf(fromDisk, 9999)).equals(expected(content))).toBe(true);
  const held = fromMemory.bytes ?? (await contentOf(fromMemory, 9999));
  expect(held.equals(expected(content))).toBe(true);
});

it('reads from any position', async () => {
  const content = Buffer.from('\nab\r'.repeat(40_000));
  const file = await NetasciiFile.over(fileOf(content, false));
  const whole = expected(content);
  const target = Buffer.alloc(50);
  for (let position = 0; position < file.size; position += 7777) {
    const got = await file.read(target, position);
    expect(target.subarray(0, got)).toEqual(whole.subarray(position, position + got));
    expect(got).toBeGreaterThan(0);
  }
  expect(await file.read(target, file.size)).toBe(0);
});

it('is another version than the same file in octet mode', async () => {
  const file = fileOf(Buffer.from('a'), true);
  expect((await NetasciiFile.over(file)).etag).not.toBe(file.etag);
});

it('refuses a file that is no text by its size', async () => {
  await expect(NetasciiFile.over(fileOf(Buffer.alloc(0), false, 2 ** 30))).rejects.toMatchObject({
    code: 'FILE_TOO_LARGE',
  });
});
