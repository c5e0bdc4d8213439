import { writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { AllowedPeers, fileName, openFolderOf, recoverFiles } from '#libs/records';
import { laneRig, openNames, visibleNames } from '../support/record-rig.ts';
import { tempFolder } from '../support/temp-folder.ts';

const minute = 60_000;

it('shows a file only when it is closed', async () => {
  const rig = await laneRig();
  await rig.lane.append(Buffer.from('one\r\n'));
  expect(await visibleNames(rig.folder)).toEqual([]);
  expect(await openNames(rig.folder)).toHaveLength(1);
  await rig.lane.close();
  expect(await openNames(rig.folder)).toEqual([]);
  expect((await rig.files()).map(({ bytes }) => bytes.toString())).toEqual(['one\r\n']);
});

it('cuts by time and at midnight of this machine, at the end of a record', async () => {
  const clock = { at: new Date(2026, 10, 26, 23, 50).getTime() };
  const rig = await laneRig({
    clock: { now: () => clock.at },
    cut: { bytes: 1e6, ms: 30 * minute },
  });
  await rig.lane.append(Buffer.from('before\r\nhal'));
  clock.at += 11 * minute;
  await rig.lane.cutIfDue();
  expect(rig.closed).toEqual([]);
  await rig.lane.append(Buffer.from('f\r\nafter\r\n'));
  clock.at += 29 * minute;
  await rig.lane.cutIfDue();
  expect(rig.closed).toHaveLength(1);
  clock.at += 2 * minute;
  await rig.lane.cutIfDue();
  expect((await rig.files()).map(({ bytes }) => bytes.toString())).toEqual([
    'before\r\nhalf\r\n',
    'after\r\n',
  ]);
});

it('keeps the beginning of a record that never ended, and tells', async () => {
  const rig = await laneRig();
  await rig.lane.append(Buffer.from('one\r\ntw'));
  await rig.lane.close();
  expect(rig.closed).toMatchObject([{ tail: 2 }]);
  expect((await rig.files()).map(({ bytes }) => bytes.toString())).toEqual(['one\r\ntw']);
});

it('cuts a stream without ends all the same, and tells', async () => {
  const rig = await laneRig();
  const bytes = Buffer.alloc(200_000, 'x');
  for (let at = 0; at < bytes.length; at += 10_000) {
    await rig.lane.append(bytes.subarray(at, at + 10_000));
  }
  await rig.lane.close();
  expect(rig.tooLong.length).toBeGreaterThan(0);
  expect(Buffer.concat((await rig.files()).map((file) => file.bytes)).equals(bytes)).toBe(true);
});

it('writes pieces that have gathered with one fsync, none of them cut', async () => {
  const stored: number[] = [];
  const rig = await laneRig({
    stream: false,
    cut: { bytes: 40, ms: minute },
    onStored: ({ bytes }) => stored.push(bytes),
  });
  const pieces = Array.from({ length: 50 }, (_, n) => Buffer.from(`a\nb${String(n)}\r\n`));
  await Promise.all(pieces.map((piece) => rig.lane.append(piece)));
  expect(stored.length).toBeLessThan(5);
  await rig.lane.append(Buffer.from('next\r\n'));
  await rig.lane.close();
  expect((await rig.files()).map(({ bytes }) => bytes.toString())).toEqual([
    pieces.join(''),
    'next\r\n',
  ]);
});

it('publishes what a crash left open, every byte, beside what has its name', async () => {
  const folder = await tempFolder();
  await mkdir(openFolderOf(folder), { recursive: true });
  await writeFile(path.join(openFolderOf(folder), 'a.txt'), 'one\r\ntw');
  await writeFile(path.join(openFolderOf(folder), 'b.txt'), '');
  await writeFile(path.join(folder, 'a.txt'), 'other');
  expect(await recoverFiles(folder)).toEqual([{ name: 'a-2.txt', size: 7, tail: 2 }]);
  expect(await visibleNames(folder)).toEqual(['a-2.txt', 'a.txt']);
  expect(await openNames(folder)).toEqual([]);
});

it('names files by the pattern, in local time, never twice', () => {
  const at = new Date(2026, 2, 9, 4, 5, 6).getTime();
  const parts = { kind: 'cdr', from: '2001:db8::1', at };
  const name = fileName('<kind>_<from>_<date>-<time>_<id>.txt', parts);
  expect(name).toMatch(/^cdr_2001_db8__1_20260309-040506_[0-9a-f]{8}\.txt$/);
  expect(fileName('<id>', parts)).not.toBe(fileName('<id>', parts));
});

it.each([
  ['192.0.2.7', true],
  ['::ffff:192.0.2.7', true],
  ['10.1.255.1', true],
  ['10.2.0.1', false],
  ['2001:db8::5', true],
  ['2001:db9::5', false],
  ['', false],
])('%s may send records: %s', (address, allowed) => {
  const peers = new AllowedPeers(['192.0.2.7', '10.1.0.0/16', '2001:db8::/32']);
  expect(peers.allows(address)).toBe(allowed);
});
