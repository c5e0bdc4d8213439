import { describe, expect, it } from 'vitest';
import { loggerInto } from '#libs/observe';
import { tftpFetch } from '#libs/tftp';
import { loadBatchedCalls, type BatchedCalls } from '../../libs/tftp/batched-calls.ts';
import { SendQueue } from '../../libs/tftp/send-queue.ts';
import { namedPeer, socketName } from '../../libs/tftp/socket-name.ts';
import { tftpBranch } from '../support/tftp-branch.ts';

const calls = await loadBatchedCalls().catch(() => undefined);
const to = namedPeer(socketName('192.0.2.1', 69));

/** A kernel that answers each sendmmsg as told, and notes how many messages it was handed; then it takes everything. */
function kernel(answers: (number | string)[]) {
  const handed: number[] = [];
  let failure = '';
  const sendmmsg = (_fd: number, _at: number, count: number): number => {
    handed.push(count);
    const answer = answers.shift() ?? count;
    if (typeof answer === 'number') return answer;
    failure = answer;
    return -1;
  };
  const addressOf = (): number => 4096;
  return {
    handed,
    calls: { sendmmsg, addressOf, failure: () => failure } as unknown as BatchedCalls,
  };
}

describe('what a socket is to send', () => {
  it('goes out by windows, and by 64 messages at a time', () => {
    const { handed, calls: fake } = kernel([]);
    const queue = new SendQueue(fake, 3);
    for (let n = 0; n < 70; n += 1) queue.add(Buffer.alloc(16 * 1432), 0, 16 * 1432, 1432, to);
    queue.flush();
    expect(handed).toEqual([64, 6]);
  });

  it('is no more than 64 datagrams or 65,000 bytes a message', () => {
    const { handed, calls: fake } = kernel([]);
    const queue = new SendQueue(fake, 3);
    queue.add(Buffer.alloc(65 * 12), 0, 65 * 12, 12, to);
    queue.add(Buffer.alloc(3 * 30_000), 0, 3 * 30_000, 30_000, to);
    queue.flush();
    expect(handed).toEqual([4]);
  });

  it('waits while the kernel has no room, keeps its order, and loses nothing', async () => {
    const { handed, calls: fake } = kernel([2, 'EAGAIN', 'ENOBUFS']);
    const queue = new SendQueue(fake, 3);
    for (let n = 0; n < 100; n += 1) queue.add(Buffer.alloc(100), 0, 100, 100, to);
    queue.flush();
    expect(handed).toEqual([64, 62]);
    await expect.poll(() => handed).toEqual([64, 62, 64, 64, 34]);
    queue.close();
  });

  it('is bounded while the kernel has no room', async () => {
    const { handed, calls: fake } = kernel(['EAGAIN']);
    const queue = new SendQueue(fake, 3);
    for (let n = 0; n < 10_000; n += 1) queue.add(Buffer.alloc(100), 0, 100, 100, to);
    await expect.poll(() => handed.slice(1).reduce((sum, count) => sum + count, 0)).toBe(64 + 4096);
    queue.close();
  });

  it.each(['EINVAL', 'EIO', 'EMSGSIZE'])(
    'is cut here when the kernel cannot cut it (%s), and from then on at once',
    (failure) => {
      const { handed, calls: fake } = kernel([failure]);
      const queue = new SendQueue(fake, 3);
      queue.add(Buffer.alloc(4 * 8196), 0, 4 * 8196, 8196, to);
      queue.flush();
      queue.add(Buffer.alloc(2 * 8196), 0, 2 * 8196, 8196, to);
      queue.flush();
      queue.add(Buffer.alloc(2 * 1432), 0, 2 * 1432, 1432, to);
      queue.flush();
      expect(handed).toEqual([1, 4, 2, 1]);
    },
  );

  it('passes over a phone that cannot be reached', () => {
    const { handed, calls: fake } = kernel([1, 'ENETUNREACH']);
    const queue = new SendQueue(fake, 3);
    for (let n = 0; n < 3; n += 1) queue.add(Buffer.alloc(100), 0, 100, 100, to);
    queue.flush();
    expect(handed).toEqual([3, 2, 1]);
  });
});

describe.skipIf(calls === undefined)('batched system calls', () => {
  it('are in use unless they are turned off', async () => {
    const file = Buffer.alloc(1000, 1);
    for (const batching of [true, false]) {
      const { server, port } = await tftpBranch({ a: file }, { batching });
      expect(server.batched).toBe(batching);
      expect(await tftpFetch('127.0.0.1', port, 'a')).toEqual(file);
    }
  });

  it('send nothing and crash nothing when a port closes in the middle of a batch', async () => {
    const { server, port } = await tftpBranch({ a: Buffer.alloc(100_000) });
    const fetching = Array.from({ length: 50 }, () =>
      tftpFetch('127.0.0.1', port, 'a', { windowsize: 16, repeats: 1, silenceMs: 100 }),
    );
    const all = Promise.allSettled(fetching);
    await server.stop();
    await all;
    expect(server.active).toBe(0);
  });

  it('are not missed where they do not work: one line says so, and phones are served', async () => {
    const lines: unknown[] = [];
    const log = loggerInto('info', { write: (line) => void lines.push(JSON.parse(line)) });
    const platform = Object.getOwnPropertyDescriptor(process, 'platform');
    Object.defineProperty(process, 'platform', { value: 'sunos' });
    try {
      const { server, port } = await tftpBranch({ a: 'a' }, { log });
      expect(server.batched).toBe(false);
      expect(await tftpFetch('127.0.0.1', port, 'a')).toEqual(Buffer.from('a'));
    } finally {
      Object.defineProperty(process, 'platform', platform ?? {});
    }
    const said = lines.filter((line) => JSON.stringify(line).includes('batched'));
    expect(said).toMatchObject([
      { level: 'info', why: expect.stringContaining('sunos') as string },
    ]);
  });
});
