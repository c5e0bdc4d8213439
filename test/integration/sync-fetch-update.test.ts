import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { BranchlineError, type ErrorCode } from '#libs/errors';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { CircuitBreaker, fetchUpdate, type PeerName, type Upstream } from '#libs/sync';
import { canMountTmpfs } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

const content = randomBytes(3_000_000);
const target = {
  name: 'firmware.zip',
  size: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  published: 1,
};

/** What a hub does when it is asked from an offset: bytes, then perhaps a failure. */
type Behaviour = (from: number) => { bytes: Buffer; fails?: ErrorCode };

/** A hub that is not ours to trust; it counts what it was asked. */
function hub(peer: PeerName, behaviour: Behaviour) {
  const asked: number[] = [];
  let sent = 0;
  const upstream: Upstream = {
    peer,
    address: `${peer}:4411`,
    breaker: new CircuitBreaker(systemClock),
    downloads: {
      async *file(_sha256, { from }) {
        asked.push(from);
        const { bytes, fails } = behaviour(from);
        for (let at = 0; at < bytes.length; at += 65_536) {
          const piece = bytes.subarray(at, at + 65_536);
          sent += piece.length;
          yield await Promise.resolve(piece);
        }
        if (fails !== undefined) throw new BranchlineError(fails, 'as scripted');
      },
    },
    refresh: () => Promise.reject(new Error('not asked here')),
    checkIn: () => Promise.resolve(),
    tellProgress: () => Promise.resolve(60_000),
  };
  return { upstream, asked, sent: () => sent };
}

const honest: Behaviour = (from) => ({ bytes: content.subarray(from) });

async function fetch(partial: string, hubs: readonly { upstream: Upstream }[]): Promise<void> {
  await fetchUpdate(
    target,
    hubs.map(({ upstream }) => upstream),
    partial,
    {
      backoff: { tries: 3, firstMs: 1, maxMs: 2 },
      signal: new AbortController().signal,
      log: silentLogger(),
      onBytes: () => undefined,
    },
  );
}

async function partialIn(folder: string, bytes?: Buffer): Promise<string> {
  const file = path.join(folder, '.branchline', 'x.partial');
  if (bytes !== undefined) {
    await mkdir(path.dirname(file));
    await writeFile(file, bytes);
  }
  return file;
}

it('brings the bytes', async () => {
  const partial = await partialIn(await tempFolder());
  await fetch(partial, [hub('primary', honest)]);
  expect(content.equals(await readFile(partial))).toBe(true);
});

it('goes on where an earlier process stopped', async () => {
  const partial = await partialIn(await tempFolder(), content.subarray(0, 2_000_000));
  const primary = hub('primary', honest);
  await fetch(partial, [primary]);
  expect(primary.asked).toEqual([2_000_000]);
  expect(primary.sent()).toBe(1_000_000);
  expect(content.equals(await readFile(partial))).toBe(true);
});

it('goes on at the same byte at the secondary when the primary dies in the middle', async () => {
  const partial = await partialIn(await tempFolder());
  let alive = true;
  const primary = hub('primary', () => {
    const bytes = alive ? content.subarray(0, 1_000_000) : Buffer.alloc(0);
    alive = false;
    return { bytes, fails: 'PEER_UNREACHABLE' };
  });
  const secondary = hub('secondary', honest);
  await fetch(partial, [primary, secondary]);
  expect(secondary.asked).toEqual([1_000_000]);
  expect(primary.sent() + secondary.sent()).toBe(content.length);
  expect(primary.upstream.breaker.closed).toBe(false);
  expect(content.equals(await readFile(partial))).toBe(true);
});

it('asks a hub that sends other bytes once, and takes them from nobody', async () => {
  const partial = await partialIn(await tempFolder());
  const liar = hub('primary', (from) => ({ bytes: randomBytes(content.length - from) }));
  await expect(fetch(partial, [liar])).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  expect(liar.asked).toEqual([0]);
  await expect(stat(partial)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('asks the secondary when the primary lies', async () => {
  const partial = await partialIn(await tempFolder());
  const liar = hub('primary', (from) => ({ bytes: randomBytes(content.length - from) }));
  const secondary = hub('secondary', honest);
  await fetch(partial, [liar, secondary]);
  expect([liar.asked, secondary.asked]).toEqual([[0], [0]]);
  expect(content.equals(await readFile(partial))).toBe(true);
});

it('starts once from zero when what a power cut left behind is wrong', async () => {
  const partial = await partialIn(await tempFolder(), Buffer.alloc(500_000));
  const primary = hub('primary', honest);
  await fetch(partial, [primary]);
  expect(primary.asked).toEqual([500_000, 0]);
  expect(content.equals(await readFile(partial))).toBe(true);
});

it('throws away more than was signed, whoever left it there', async () => {
  const partial = await partialIn(await tempFolder(), Buffer.alloc(content.length + 1));
  const primary = hub('primary', honest);
  await fetch(partial, [primary]);
  expect(primary.asked).toEqual([0]);
  expect(content.equals(await readFile(partial))).toBe(true);
});

it('asks for missing content once at each hub', async () => {
  const partial = await partialIn(await tempFolder());
  const lacking: Behaviour = () => ({ bytes: Buffer.alloc(0), fails: 'PEER_LACKS_FILE' });
  const hubs = [hub('primary', lacking), hub('secondary', lacking)];
  await expect(fetch(partial, hubs)).rejects.toMatchObject({ code: 'PEER_LACKS_FILE' });
  expect(hubs.map(({ asked }) => asked)).toEqual([[0], [0]]);
});

it('tries a hub that is away a bounded number of times', async () => {
  const partial = await partialIn(await tempFolder());
  const away = hub('primary', () => ({ bytes: Buffer.alloc(0), fails: 'PEER_UNREACHABLE' }));
  await expect(fetch(partial, [away])).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
  expect(away.asked).toHaveLength(3);
});

it('brings a file over a link that breaks all the time, with no byte twice', async () => {
  const partial = await partialIn(await tempFolder());
  const flaky = hub('primary', (from) => ({
    bytes: content.subarray(from, from + 200_000),
    ...(from + 200_000 < content.length && { fails: 'PEER_UNREACHABLE' as const }),
  }));
  await fetch(partial, [flaky]);
  expect(flaky.sent()).toBe(content.length);
  expect(content.equals(await readFile(partial))).toBe(true);
});

it('is not kept busy by a hub that sends a byte at a time', async () => {
  const partial = await partialIn(await tempFolder());
  const trickle = hub('primary', (from) => ({
    bytes: content.subarray(from, from + 1),
    fails: 'LENGTH_MISMATCH',
  }));
  await expect(fetch(partial, [trickle])).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
  expect(trickle.asked).toEqual([0, 1, 2]);
});

it('waits in line at a busy hub without counting it as a failure', async () => {
  const partial = await partialIn(await tempFolder());
  let busy = 10;
  const full = hub('primary', (from) => {
    busy -= 1;
    return busy > 0 ? { bytes: Buffer.alloc(0), fails: 'PEER_BUSY' } : honest(from);
  });
  await fetch(partial, [full]);
  expect(full.asked).toHaveLength(10);
  expect(full.upstream.breaker.closed).toBe(true);
});

it.skipIf(!canMountTmpfs())(
  'stops at a full disk without a hole, and goes on there once there is room (mount)',
  async () => {
    const disk = await smallDisk(4_000_000);
    const ballast = path.join(disk, 'ballast');
    await writeFile(ballast, Buffer.alloc(2_000_000));
    const partial = await partialIn(disk);
    const primary = hub('primary', honest);
    await expect(fetch(partial, [primary])).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(primary.upstream.breaker.closed).toBe(true);
    const there = await readFile(partial);
    expect(there.length).toBeGreaterThan(1_000_000);
    expect(content.subarray(0, there.length).equals(there)).toBe(true);
    await rm(ballast);
    await fetch(partial, [primary]);
    expect(primary.asked).toEqual([0, there.length]);
    expect(content.equals(await readFile(partial))).toBe(true);
  },
);

it('says that a folder stands where the file should go', async () => {
  const partial = await partialIn(await tempFolder());
  await mkdir(partial, { recursive: true });
  const primary = hub('primary', honest);
  await expect(fetch(partial, [primary])).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  expect(primary.asked).toEqual([]);
});
