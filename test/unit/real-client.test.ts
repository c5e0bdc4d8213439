import { expect, it } from 'vitest';
import { clients, isClient } from '../support/clients.ts';
import { clientVersion, findClient, hasClient, runClient } from '../support/real-client.ts';

it('knows the package of every client', () => {
  expect(Object.values(clients).every((name) => /^[a-z0-9][a-z0-9.+-]+$/.test(name))).toBe(true);
  expect(isClient('curl')).toBe(true);
  expect(isClient('toString')).toBe(false);
});

it('gives the status, the bytes of stdout and the text of stderr', async () => {
  const run = await runClient('cp', ['--no-such-option']);
  expect(run.status).toBe(1);
  expect(run.stdout).toEqual(Buffer.alloc(0));
  expect(run.stderr).toContain('--no-such-option');
});

it('hands input over and takes binary output back', async () => {
  const run = await runClient('sha256sum', [], { input: Buffer.from([0, 255, 10]) });
  expect(run.status).toBe(0);
  expect(run.stdout.toString()).toMatch(/^[0-9a-f]{64} {2}-\n$/);
});

it.skipIf(!hasClient('perl'))('counts a signal as a shell does (perl)', async () => {
  expect((await runClient('perl', ['-e', 'kill 9, $$'])).status).toBe(137);
});

it.skipIf(!hasClient('perl'))(
  'ends a client that does not end, or writes without end (perl)',
  async () => {
    await expect(runClient('perl', ['-e', 'sleep 60'], { timeoutMs: 50 })).rejects.toThrow('50 ms');
    await expect(
      runClient('perl', ['-e', 'print "x" while 1'], { maxBytes: 1000 }),
    ).rejects.toThrow('1000 bytes');
  },
);

it('finds a version where there is one', async () => {
  expect(findClient('cp')).toMatch(/\/cp$/);
  expect(await clientVersion('cp')).toMatch(/\d+\.\d+/);
});
