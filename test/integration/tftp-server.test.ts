import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { tftpFetch } from '#libs/tftp';
import { tftpBranch } from '../support/tftp-branch.ts';

it.each([0, 1, 511, 512, 513, 1024, 70_000, 3_000_000])(
  'carries a file of %i bytes',
  async (size) => {
    const bytes = randomBytes(size);
    const branch = await tftpBranch({ 'a.bin': bytes });
    expect((await tftpFetch('127.0.0.1', branch.port, 'a.bin')).equals(bytes)).toBe(true);
    expect(await branch.ended(1)).toMatchObject([
      { server: 'tftp', address: '127.0.0.1', name: 'a.bin', bytes: size, outcome: 'done' },
    ]);
  },
);
