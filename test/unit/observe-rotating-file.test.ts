import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { RotatingFile } from '#libs/observe';

async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'branchline-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const line = (n: number): string => `${String(n).padStart(9, '0')}\n`;
const numbers = (text: string): number[] => text.split('\n').filter(Boolean).map(Number);

it('keeps the newest lines, in order, in a bounded set of files', async () => {
  const folder = await tempFolder();
  const file = path.join(folder, 'log');
  const log = new RotatingFile({ file, maxBytes: 100, files: 2 });
  for (let n = 0; n < 95; n += 1) log.write(line(n));
  await log.close();

  expect((await readdir(folder)).sort()).toEqual(['log', 'log.1', 'log.2']);
  const texts = await Promise.all(
    ['log.2', 'log.1', 'log'].map((name) => readFile(path.join(folder, name), 'utf8')),
  );
  expect(texts.every((text) => text.length <= 100)).toBe(true);
  const kept = texts.flatMap(numbers);
  expect(kept).toEqual(kept.map((_, n) => 95 - kept.length + n));
  expect(kept).toHaveLength(25);
  expect(log.trouble).toBeUndefined();
});

it('opens its file again by name when told to, and loses no line', async () => {
  const folder = await tempFolder();
  const file = path.join(folder, 'log');
  const log = new RotatingFile({ file, maxBytes: 1_000, files: 1 });
  log.write(line(1));
  await log.flush();
  await rename(file, `${file}.moved`);
  log.write(line(2));
  await log.flush();
  log.write(line(3));
  const reopened = log.reopen();
  log.write(line(4));
  await reopened;
  await log.close();
  const [moved, fresh] = await Promise.all([
    readFile(`${file}.moved`, 'utf8'),
    readFile(file, 'utf8'),
  ]);
  expect(numbers(moved + fresh)).toEqual([1, 2, 3, 4]);
  expect(numbers(moved)).toEqual(expect.arrayContaining([1, 2]));
  expect(numbers(fresh)).toContain(4);
});

it('continues a file that is there, and counts its size', async () => {
  const folder = await tempFolder();
  const file = path.join(folder, 'log');
  await writeFile(file, 'x'.repeat(95));
  const log = new RotatingFile({ file, maxBytes: 100, files: 1 });
  log.write(line(1));
  await log.close();

  expect(await readFile(file, 'utf8')).toBe(line(1));
  expect(await readFile(`${file}.1`, 'utf8')).toBe('x'.repeat(95));
});

it('empties the file when no older one may be kept', async () => {
  const folder = await tempFolder();
  const file = path.join(folder, 'log');
  const log = new RotatingFile({ file, maxBytes: 20, files: 0 });
  for (let n = 0; n < 5; n += 1) log.write(line(n));
  await log.close();

  expect(await readdir(folder)).toEqual(['log']);
  expect(await readFile(file, 'utf8')).toBe(line(4));
});

it('holds its limit when the file cannot be renamed, and keeps the newest lines', async () => {
  const folder = await tempFolder();
  const file = path.join(folder, 'log');
  await mkdir(`${file}.1`);
  const log = new RotatingFile({ file, maxBytes: 30, files: 1 });
  for (let n = 0; n < 7; n += 1) log.write(line(n));
  await log.close();

  expect(numbers(await readFile(file, 'utf8'))).toEqual([6]);
  expect(log.trouble?.sentence).toContain(file);
});

it('survives a full disk, says so, and writes the count of lost lines once there is room', async () => {
  const folder = await tempFolder();
  const file = path.join(folder, 'log');
  await symlink('/dev/full', file);
  const log = new RotatingFile({ file, maxBytes: 1000, files: 1 });
  for (let n = 0; n < 3; n += 1) log.write(line(n));
  await log.flush();
  expect(log.trouble?.dropped).toBe(3);
  expect(log.trouble?.sentence).toContain('ENOSPC');

  await unlink(file);
  log.write(line(3));
  await log.close();

  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  expect(lines[0]).toBe(line(3).trim());
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ msg: 'log lines dropped', lines: 3 });
  expect(log.trouble).toBeUndefined();
});

it('drops lines rather than filling memory when the disk is too slow', async () => {
  const folder = await tempFolder();
  const file = path.join(folder, 'log');
  const log = new RotatingFile({ file, maxBytes: 1e6, files: 1, maxWaitingBytes: 50 });
  for (let n = 0; n < 100; n += 1) log.write(line(n));
  expect(log.trouble?.dropped).toBe(95);
  await log.close();

  expect(numbers((await readFile(file, 'utf8')).slice(0, 50))).toEqual([0, 1, 2, 3, 4]);
});
