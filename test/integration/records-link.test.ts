import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { RawLink, type RawLinkOptions } from '#libs/records';
import { CdrSwitch, type CdrSwitchOptions } from '../support/cdr-switch.ts';
import { canMountTmpfs } from '../support/real-client.ts';
import { visibleNames } from '../support/record-rig.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function linkRig(options: Partial<RawLinkOptions> = {}) {
  const folder = options.folder ?? (await tempFolder('branchline-link-'));
  const told: string[] = [];
  const link = new RawLink({
    ...{ address: '127.0.0.1', port: 0, peers: ['127.0.0.0/8'], kind: 'cdr' },
    ...{ pattern: '<kind>_<from>_<id>.txt', cut: { bytes: 2000, ms: 60_000 } },
    ...{ clock: systemClock, log: silentLogger(), retryMs: 20 },
    refused: (code) => told.push(code),
    ...options,
    folder,
  });
  await link.start();
  onTestFinished(() => link.stop());
  const newSwitch = (more: Partial<CdrSwitchOptions> = {}): CdrSwitch => {
    const source = new CdrSwitch({ port: link.port ?? 0, retryMs: 10, ...more });
    onTestFinished(() => source.stop());
    source.start();
    return source;
  };
  /** All finished files, in the order in which they were begun. */
  const files = async (): Promise<string[]> => {
    const names = await visibleNames(folder);
    return await Promise.all(names.map((name) => readFile(path.join(folder, name), 'latin1')));
  };
  return { folder, link, told, newSwitch, files };
}

const until = async (reached: () => boolean): Promise<void> => {
  while (!reached()) await sleep(5);
};

const records = (count: number, mark = 'r'): string[] =>
  Array.from({ length: count }, (_, n) => `${mark}${String(n).padStart(6, '0')} 0915 4711 00358`);

/** Without an order: ids are random. */
const sortedPieces = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => text.split(/(?<=\n\0*)(?!\0)/)).toSorted();

it.each(['customized', 'unformatted', 'lineFeed'] as const)(
  'keeps a burst of %s records to the byte, in files that end with a record',
  async (format) => {
    const { link, newSwitch, files, told } = await linkRig();
    const source = newSwitch({ format, dateRecord: true });
    for (const record of records(2000)) source.call(record);
    await until(() => link.tally.records === 2001);
    await source.stop();
    await link.stop();
    const found = await files();
    expect(found.length).toBeGreaterThan(10);
    for (const file of found) {
      expect(file.length).toBeLessThanOrEqual(2000);
      expect(file).toMatch(/[\n\0]$/);
    }
    expect(sortedPieces(found)).toEqual(sortedPieces(source.sent));
    expect(told).toEqual([]);
  },
);

it('keeps the switches apart, and says who is connected', async () => {
  const { link, newSwitch, files } = await linkRig({ cut: { bytes: 1e6, ms: 60_000 } });
  expect(link.aloneSince).toBeTypeOf('number');
  const sources = [newSwitch(), newSwitch()];
  for (const [n, source] of sources.entries()) {
    for (const record of records(300, String(n))) source.call(record);
  }
  await until(() => link.tally.records === 600);
  expect(link.connections.map(({ from }) => from)).toEqual(['127.0.0.1', '127.0.0.1']);
  expect(link.aloneSince).toBeUndefined();
  await Promise.all(sources.map((source) => source.stop()));
  await until(() => link.connections.length === 0);
  expect((await files()).toSorted()).toEqual(sources.map(({ sent }) => sent[0]));
});

it('closes the file when the link breaks in the middle of a record, tells, and begins another', async () => {
  const { link, newSwitch, files, told } = await linkRig();
  const source = newSwitch();
  source.call('a first call');
  await until(() => link.tally.records === 1);
  await source.breakOff('half a rec');
  source.call('b next call');
  await until(() => link.tally.records === 2);
  await source.stop();
  await until(() => link.connections.length === 0);
  expect(told).toEqual(['RECORD_INCOMPLETE']);
  expect((await files()).toSorted()).toEqual(['a first call\r\nhalf a rec', 'b next call\r\n']);
});

it('keeps what had come when the switch resets the connection', async () => {
  const { link, files } = await linkRig({ cut: { bytes: 1e7, ms: 60_000 } });
  const socket = connect(link.port ?? 0, '127.0.0.1');
  const bytes = records(1500).join('\r\n');
  await new Promise((done) => socket.write(bytes, done));
  await until(() => link.tally.bytes === bytes.length);
  socket.resetAndDestroy();
  await until(() => link.connections.length === 0);
  expect((await files()).join('')).toBe(bytes);
});

it('loses nothing when it is stopped while a switch sends: that hears of it first', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { link, newSwitch, files } = await linkRig({ cut: { bytes: 1e7, ms: 60_000 } });
    const source = newSwitch();
    await until(() => source.connected);
    const calling = setInterval(() => {
      for (const record of records(20)) source.call(record);
    }, 1);
    onTestFinished(() => {
      clearInterval(calling);
    });
    await until(() => link.tally.records > 100);
    await link.stop();
    clearInterval(calling);
    expect((await files()).join('')).toBe(source.sent[0]);
  }
});

it('lets nobody else in', async () => {
  const { link, files } = await linkRig({ peers: ['127.0.0.2'] });
  const socket = connect(link.port ?? 0, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('forged\r\n');
  await new Promise((closed) => socket.once('close', closed));
  expect(link.tally.bytes).toBe(0);
  expect(await files()).toEqual([]);
});

it.skipIf(!canMountTmpfs())(
  'leaves records at the switch while the disk is full, and goes on when there is room (tmpfs)',
  async () => {
    const disk = await smallDisk(1_000_000);
    const { link, newSwitch, files, told } = await linkRig({
      folder: path.join(disk, 'CDRdata'),
      cut: { bytes: 100_000, ms: 60_000 },
    });
    const ballast = path.join(disk, 'ballast');
    await writeFile(ballast, Buffer.alloc(900_000)).catch(() => undefined);
    const source = newSwitch();
    const long = 'x'.repeat(200);
    for (const record of records(2000)) source.call(`${record} ${long}`);
    await until(() => link.trouble?.code === 'DISK_FULL');
    const stuck = link.tally.records;
    await sleep(100);
    expect(link.tally.records - stuck).toBeLessThan(400);
    expect(told).toEqual(['DISK_FULL']);
    await writeFile(ballast, '');
    await until(() => link.tally.records === 2000);
    expect(link.trouble).toBeUndefined();
    await source.stop();
    await link.stop();
    expect(sortedPieces(await files())).toEqual(sortedPieces(source.sent));
  },
);

it('reads no more than a little while the disk is busy: the sender waits', async () => {
  const folder = path.join(await tempFolder(), 'CDRdata');
  const { link, newSwitch } = await linkRig({ folder, cut: { bytes: 1e6, ms: 60_000 } });
  // A disk that takes nothing: where the open files belong there is a file.
  await rm(path.join(folder, '.branchline', 'open'), { recursive: true });
  await writeFile(path.join(folder, '.branchline', 'open'), '');
  const source = newSwitch();
  const long = 'x'.repeat(1000);
  for (const record of records(20_000)) source.call(`${record} ${long}`);
  await until(() => link.trouble?.code === 'WRITE_FAILED');
  await sleep(300);
  expect(source.buffered).toBeGreaterThan(5000);
  await rm(path.join(folder, '.branchline', 'open'));
  await mkdir(path.join(folder, '.branchline', 'open'));
  await until(() => link.tally.records === 20_000);
  expect(link.trouble).toBeUndefined();
});
