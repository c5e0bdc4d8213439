import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Journal } from '#libs/journal';
import { canMountTmpfs } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';

it.skipIf(!canMountTmpfs())(
  'a full disk is told as such, loses nothing that was recorded, and passes (mount)',
  async () => {
    const disk = await smallDisk(2 * 1024 * 1024);
    const journal = new Journal(path.join(disk, 'branchline.db'));
    onTestFinished(() => {
      journal.close();
    });
    journal.setFact('before', 'recorded');
    const ballast = path.join(disk, 'ballast');
    const handle = await open(ballast, 'w');
    const full = (async () => {
      for (;;) await handle.write(Buffer.alloc(4_096));
    })();
    await expect(full).rejects.toMatchObject({ code: 'ENOSPC' });
    await handle.close();

    const large = 'x'.repeat(200_000);
    expect(() => {
      journal.setFact('during', large);
    }).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
    const both = (): void => {
      journal.transaction(() => {
        journal.setFact('during', 'half');
        journal.setFact('during', large);
      });
    };
    expect(both).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
    expect([journal.fact('before'), journal.fact('during')]).toEqual(['recorded', undefined]);

    await rm(ballast);
    both();
    expect(journal.fact('during')).toBe(large);
  },
);
