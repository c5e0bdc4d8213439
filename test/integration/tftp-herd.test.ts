import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { asBranchlineError } from '#libs/errors';
import { tftpFetch } from '#libs/tftp';
import { TftpClient } from '../support/tftp-client.ts';
import { transports } from '../support/tftp-branch.ts';

const outside = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address;

/** What a phone hears: its bytes or the code of its failure. */
async function answerOf(fetched: Promise<Buffer>): Promise<Buffer | string> {
  try {
    return await fetched;
  } catch (error) {
    return asBranchlineError(error).code;
  }
}

describe.each(transports)('$transport', ({ tftpBranch }) => {
  it('serves 500 phones that start together', async () => {
    const files = {
      '46xxupgrade.scr': randomBytes(900),
      '46xxsettings.txt': randomBytes(20_000),
      'a20d01b2_2.bin': randomBytes(60_000),
    };
    const branch = await tftpBranch(files);
    const phone = async (n: number): Promise<boolean> => {
      const mac = n.toString(16).padStart(12, '0');
      const own = await answerOf(tftpFetch('127.0.0.1', branch.port, `${mac}.txt`));
      if (own !== 'NOT_FOUND') return false;
      for (const [name, bytes] of Object.entries(files)) {
        const options = { blksize: 1428, repeats: 8 };
        if (!(await tftpFetch('127.0.0.1', branch.port, name, options)).equals(bytes)) return false;
      }
      return true;
    };
    const served = await Promise.all(Array.from({ length: 500 }, (_, n) => phone(n)));
    expect(served.filter(Boolean)).toHaveLength(500);
    await branch.ended(2_000);
    expect(branch.server.active).toBe(0);
  });

  it('gives phones with large windows no more turns than the others', async () => {
    const files = { large: Buffer.alloc(16 * 1024 * 1024, 1), small: Buffer.alloc(50_000, 2) };
    const branch = await tftpBranch(files);
    // With windows of at most 32 the large ones take 367 turns, the small ones a hundred.
    const large = Array.from({ length: 4 }, () =>
      tftpFetch('127.0.0.1', branch.port, 'large', { blksize: 1428, windowsize: 64, repeats: 8 }),
    );
    const small = Array.from({ length: 20 }, () => tftpFetch('127.0.0.1', branch.port, 'small'));
    const fetched = await Promise.all([...large, ...small]);
    expect(fetched.every((bytes, n) => bytes.equals(n < 4 ? files.large : files.small))).toBe(true);
    const names = (await branch.ended(24)).map(({ name }) => name);
    expect(names.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'small'));
  });

  it.skipIf(outside === undefined)('bans nobody for names that are not there', async () => {
    const address = outside ?? '';
    const { port } = await tftpBranch({ a: 'a' }, { address, limits: { unprovenPerAddress: 8 } });
    const asked = Array.from({ length: 100 }, (_, n) =>
      answerOf(tftpFetch(address, port, `${n}.txt`, { silenceMs: 200, repeats: 40 })),
    );
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['NOT_FOUND']));
    expect((await tftpFetch(address, port, 'a')).toString()).toBe('a');
  });

  it.skipIf(outside === undefined)('lets no host take the room of the others', async () => {
    const address = outside ?? '';
    const limits = { perAddress: 2, transfers: 3 };
    const branch = await tftpBranch({ a: Buffer.alloc(1_000) }, { address: '0.0.0.0', limits });
    const open = async (host: string): Promise<TftpClient> => {
      const phone = await TftpClient.open(host);
      phone.ask('a', branch.port);
      return phone;
    };
    const greedy = [await open(address), await open(address)];
    for (const phone of greedy) phone.ack(1, (await phone.next()).from);
    await open(address);
    const other = await open('127.0.0.1');
    expect((await other.next()).packet).toMatchObject({ kind: 'data', block: 1 });
    expect(branch.server.active).toBe(3);
  });
});
