import { randomBytes } from 'node:crypto';
import { rename, symlink, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import type { Delivery, ServedFile } from '#libs/delivery';
import { loggerInto } from '#libs/observe';
import { tftpFetch } from '#libs/tftp';
import { tempTree } from '../support/temp-tree.ts';
import { transports } from '../support/tftp-branch.ts';
import { TftpClient } from '../support/tftp-client.ts';

describe.each(transports)('$transport', ({ tftpBranch }) => {
  /** Resolves when the server has looked at every request sent before: a refused write needs no disk. */
  async function askedBefore(port: number, host?: string): Promise<void> {
    const phone = await TftpClient.open(host);
    phone.send({ kind: 'write', file: 'a', mode: 'octet', options: new Map() }, port);
    await phone.next();
  }

  const settings = { '46xxsettings.txt': 'SET A 1' };

  describe('a download', () => {
    it.each([0, 1, 511, 512, 513, 1024, 70_000, 3_000_000])('carries %i bytes', async (size) => {
      const bytes = randomBytes(size);
      const branch = await tftpBranch({ 'a.bin': bytes });
      expect((await tftpFetch('127.0.0.1', branch.port, 'a.bin')).equals(bytes)).toBe(true);
      expect(await branch.ended(1)).toMatchObject([
        { server: 'tftp', address: '127.0.0.1', name: 'a.bin', bytes: size, outcome: 'done' },
      ]);
    });

    it.each([
      [8, 1],
      [1428, 1],
      [1428, 16],
      [8192, 4],
      [65_464, 32],
    ])('goes in blocks of %i, %i to a window', async (blksize, windowsize) => {
      const bytes = randomBytes(300_000);
      const { port } = await tftpBranch({ 'a.bin': bytes });
      const fetched = await tftpFetch('127.0.0.1', port, 'a.bin', { blksize, windowsize });
      expect(fetched.equals(bytes)).toBe(true);
    });

    it('carries more than 65535 blocks', async () => {
      const bytes = randomBytes(40 * 1024 * 1024);
      const { port } = await tftpBranch({ 'a.bin': bytes });
      const fetched = await tftpFetch('127.0.0.1', port, 'a.bin');
      expect(fetched.equals(bytes)).toBe(true);
    });

    it('converts to netascii, with the length beforehand', async () => {
      const { port } = await tftpBranch({ 'a.txt': 'one\ntwo\r\n' });
      const fetched = await tftpFetch('127.0.0.1', port, 'a.txt', { mode: 'netascii', blksize: 8 });
      expect(fetched.toString()).toBe('one\r\ntwo\r\0\r\n');
    });

    it('serves a hundred phones at once', async () => {
      const files = { 'a.bin': randomBytes(100_000), 'b.bin': randomBytes(100_000) };
      const branch = await tftpBranch(files);
      const names = Object.keys(files) as (keyof typeof files)[];
      const fetched = await Promise.all(
        Array.from({ length: 100 }, async (_, n) => {
          const name = names[n % 2] ?? 'a.bin';
          const bytes = await tftpFetch('127.0.0.1', branch.port, name, { blksize: 1428 });
          return bytes.equals(files[name]);
        }),
      );
      expect(fetched.every(Boolean)).toBe(true);
      expect(await branch.ended(100)).toHaveLength(100);
      expect(branch.server.active).toBe(0);
    });

    it('repeats the last block until it is acknowledged', async () => {
      const branch = await tftpBranch(settings);
      const phone = await TftpClient.open();
      phone.ask('46xxsettings.txt', branch.port);
      const first = await phone.next();
      expect(await phone.next()).toEqual(first);
      phone.ack(1, first.from);
      expect(await branch.ended(1)).toMatchObject([{ outcome: 'done' }]);
    });

    it('stays with the version that it began with when the file is replaced', async () => {
      const old = randomBytes(2_000_000);
      const { port, root } = await tftpBranch({ 'a.bin': old });
      const phone = await TftpClient.open();
      phone.ask('a.bin', port);
      const parts: Buffer[] = [];
      for (let block = 1; ; block += 1) {
        const { packet, from } = await phone.next();
        if (packet.kind !== 'data') throw new Error(packet.kind);
        expect(packet.block).toBe(block);
        parts.push(packet.bytes);
        if (block === 10) {
          await writeFile(path.join(root, 'new'), randomBytes(2_000_000));
          await rename(path.join(root, 'new'), path.join(root, 'a.bin'));
        }
        phone.ack(block, from);
        if (packet.bytes.length < 512) break;
      }
      expect(Buffer.concat(parts).equals(old)).toBe(true);
    });
  });

  describe('options', () => {
    it('are acknowledged when asked, the size exactly', async () => {
      const { port } = await tftpBranch(settings);
      const phone = await TftpClient.open();
      phone.ask('46xxsettings.txt', port, { tsize: '0', timeout: '2', blksize: '99999', odd: '1' });
      const { packet } = await phone.next();
      expect(packet).toEqual({
        kind: 'oack',
        options: new Map([
          ['tsize', '7'],
          ['timeout', '2'],
          ['blksize', '65464'],
        ]),
      });
    });

    it('are not acknowledged when none is asked that we know', async () => {
      const { port } = await tftpBranch(settings);
      const phone = await TftpClient.open();
      phone.ask('46xxsettings.txt', port, { blksize: 'big' });
      expect((await phone.next()).packet).toMatchObject({ kind: 'data', block: 1 });
    });

    it('are offered again from the same port when the phone repeats its request', async () => {
      const branch = await tftpBranch(settings);
      const phone = await TftpClient.open();
      phone.ask('46xxsettings.txt', branch.port, { tsize: '0' });
      const first = await phone.next();
      phone.ask('46xxsettings.txt', branch.port, { tsize: '0' });
      const second = await phone.next();
      expect(second).toEqual(first);
      expect(branch.server.active).toBe(1);
      phone.ack(0, first.from);
      expect((await phone.next()).packet).toMatchObject({ kind: 'data', block: 1 });
    });

    it('end silently when the phone answers them with an error', async () => {
      const branch = await tftpBranch(settings);
      const phone = await TftpClient.open();
      phone.ask('46xxsettings.txt', branch.port, { tsize: '0' });
      const { from } = await phone.next();
      phone.send({ kind: 'error', code: 8, message: 'no options, please' }, from);
      expect(await branch.ended(1)).toMatchObject([{ outcome: 'failed', code: 'PHONE_STOPPED' }]);
      phone.ask('46xxsettings.txt', branch.port);
      expect((await phone.next()).packet).toMatchObject({ kind: 'data', block: 1 });
    });
  });

  describe('a request', () => {
    it.each([
      ['nothing.txt', 1, 'NOT_FOUND'],
      ['../secret.txt', 2, 'PATH_OUTSIDE_TREE'],
      ['..\\secret.txt', 2, 'PATH_OUTSIDE_TREE'],
      ['sub/../../secret.txt', 2, 'PATH_OUTSIDE_TREE'],
      ['/etc/passwd', 1, 'NOT_FOUND'],
      ['C:\\boot.ini', 2, 'PATH_OUTSIDE_TREE'],
      ['link/secret.txt', 2, 'PATH_OUTSIDE_TREE'],
      ['%2e%2e/secret.txt', 1, 'NOT_FOUND'],
      ['con', 2, 'NAME_MALFORMED'],
      ['.', 2, 'NAME_MALFORMED'],
      ['sub', 1, 'NOT_FOUND'],
    ])('for %j is refused', async (name, tftpCode, code) => {
      const outside = await tempTree({ 'secret.txt': 'secret' });
      const branch = await tftpBranch({ 'sub/a.txt': 'a', ...settings });
      await symlink(outside, path.join(branch.root, 'link'));
      const phone = await TftpClient.open();
      phone.ask(name, branch.port);
      const { packet } = await phone.next();
      expect(packet).toMatchObject({ kind: 'error', code: tftpCode });
      expect(await branch.ended(1)).toMatchObject([{ outcome: 'refused', bytes: 0, code }]);
    });

    it('takes a backslash for a slash', async () => {
      const { port } = await tftpBranch({ 'sub/a.txt': 'a' });
      expect(String(await tftpFetch('127.0.0.1', port, '\\sub\\a.txt'))).toBe('a');
    });

    it('to write is refused', async () => {
      const branch = await tftpBranch({});
      const phone = await TftpClient.open();
      phone.send({ kind: 'write', file: 'a', mode: 'octet', options: new Map() }, branch.port);
      expect((await phone.next()).packet).toMatchObject({ kind: 'error', code: 2 });
      expect(await branch.ended(1)).toMatchObject([{ outcome: 'refused', code: 'WRITE_REFUSED' }]);
    });

    it('in mail mode is refused', async () => {
      const { port } = await tftpBranch(settings);
      const phone = await TftpClient.open();
      phone.ask('46xxsettings.txt', port, {}, 'mail');
      expect((await phone.next()).packet).toMatchObject({ kind: 'error', code: 4 });
    });

    it('for another file from the same port ends the first and goes through another port', async () => {
      const branch = await tftpBranch({ a: Buffer.alloc(2000), b: 'b' });
      const phone = await TftpClient.open();
      phone.ask('a', branch.port);
      const first = await phone.next();
      phone.ask('b', branch.port);
      const second = await phone.next();
      expect(second.packet).toMatchObject({ kind: 'data', bytes: Buffer.from('b') });
      expect(second.from).not.toBe(first.from);
      phone.ack(1, first.from);
      phone.ack(1, second.from);
      expect(await branch.ended(2)).toMatchObject([
        { name: 'a', code: 'PHONE_STOPPED' },
        { name: 'b', outcome: 'done' },
      ]);
      expect(phone.waiting).toEqual([]);
    });
  });

  it('answers a phone from another port than before, whoever else has asked', async () => {
    const branch = await tftpBranch({ a: 'a' });
    const phone = await TftpClient.open();
    const ask = async (from: TftpClient): Promise<number> => {
      from.ask('a', branch.port);
      const answer = await from.next();
      from.ack(1, answer.from);
      return answer.from;
    };
    const first = await ask(phone);
    await branch.ended(1);
    // With these, the turn comes to the first port again.
    for (let n = 0; n < 7; n += 1) await ask(await TftpClient.open());
    await branch.ended(8);
    expect(await ask(phone)).not.toBe(first);
  });

  describe('the same request again', () => {
    it('in mid-download is taken for an echo', async () => {
      const { port } = await tftpBranch({ a: Buffer.alloc(2000) });
      const phone = await TftpClient.open();
      phone.ask('a', port);
      const { from } = await phone.next();
      phone.ack(1, from);
      expect((await phone.next()).packet).toMatchObject({ block: 2 });
      phone.ask('a', port);
      // Asked by another phone behind the echo: once it is answered, the echo has been dealt with.
      const other = await TftpClient.open();
      other.ask('nothing.txt', port);
      await other.next();
      phone.ack(2, from);
      expect(await phone.next()).toMatchObject({ packet: { block: 3 }, from });
    });

    it('right behind the last block is a new download', async () => {
      const branch = await tftpBranch({ a: 'a' });
      const phone = await TftpClient.open();
      for (let n = 0; n < 3; n += 1) {
        phone.ask('a', branch.port, { tsize: '0' });
        const { packet, from } = await phone.next();
        expect(packet.kind).toBe('oack');
        phone.ack(0, from);
        expect((await phone.next()).packet).toMatchObject({ kind: 'data', block: 1 });
      }
      expect(branch.server.active).toBe(1);
    });

    it('after more than a second of silence is a phone that starts again', async () => {
      let now = 0;
      const { port } = await tftpBranch({ a: Buffer.alloc(2000) }, { now: () => now });
      const phone = await TftpClient.open();
      phone.ask('a', port);
      const first = await phone.next();
      phone.ack(1, first.from);
      await phone.next();
      now += 1000;
      phone.ask('a', port);
      const again = await phone.until(({ from }) => from !== first.from);
      expect(again.at(-1)?.packet).toMatchObject({ kind: 'data', block: 1 });
    });
  });

  describe('a stranger', () => {
    it('hears error 5, and the transfer goes on', async () => {
      const { port } = await tftpBranch({ a: Buffer.alloc(1000) });
      const phone = await TftpClient.open();
      const stranger = await TftpClient.open();
      phone.ask('a', port);
      const { from } = await phone.next();
      stranger.ack(1, from);
      expect((await stranger.next()).packet).toMatchObject({ kind: 'error', code: 5 });
      phone.ack(1, from);
      expect((await phone.next()).packet).toMatchObject({ kind: 'data', block: 2 });
    });

    it('is also the phone itself on another of our ports', async () => {
      const { port } = await tftpBranch({ a: Buffer.alloc(1000) });
      const [phone, other] = [await TftpClient.open(), await TftpClient.open()];
      phone.ask('a', port);
      const { from } = await phone.next();
      other.ask('a', port);
      const elsewhere = (await other.next()).from;
      phone.ack(1, elsewhere);
      expect((await phone.next()).packet).toMatchObject({ kind: 'error', code: 5 });
      phone.ack(1, from);
      expect((await phone.next()).packet).toMatchObject({ kind: 'data', block: 2 });
    });

    it('never gets an answer to an error', async () => {
      const { port } = await tftpBranch({ a: 'a' });
      const phone = await TftpClient.open();
      const stranger = await TftpClient.open();
      phone.ask('a', port);
      const { from } = await phone.next();
      for (const to of [from, port]) stranger.send({ kind: 'error', code: 0, message: 'x' }, to);
      stranger.ask('a', port);
      expect((await stranger.next()).packet).toMatchObject({ kind: 'data', block: 1 });
    });

    it('does not hear a thing when its transfer has just ended', async () => {
      const branch = await tftpBranch({ a: 'a' });
      const phone = await TftpClient.open();
      phone.ask('a', branch.port);
      const { from } = await phone.next();
      phone.ack(1, from);
      await branch.ended(1);
      phone.ack(1, from);
      phone.ask('a', branch.port);
      expect((await phone.next()).packet).toMatchObject({ kind: 'data', block: 1 });
    });
  });

  describe('limits', () => {
    it('leave the request over the limit without an answer, and serve it once there is room', async () => {
      const branch = await tftpBranch({ a: 'a' }, { limits: { transfers: 1 } });
      const [first, second] = [await TftpClient.open(), await TftpClient.open()];
      first.ask('a', branch.port);
      const { from } = await first.next();
      second.ask('a', branch.port);
      await askedBefore(branch.port);
      expect(branch.server.active).toBe(1);
      first.ack(1, from);
      await branch.ended(2);
      second.ask('a', branch.port);
      expect((await second.next()).packet).toMatchObject({ kind: 'data', block: 1 });
    });

    it('send an address that never answers four packets, then forget it', async () => {
      let now = 0;
      const branch = await tftpBranch({ a: 'a' }, { now: () => (now += 1000) });
      const phone = await TftpClient.open();
      phone.ask('a', branch.port);
      expect(await branch.ended(1)).toMatchObject([
        { outcome: 'failed', code: 'PHONE_SILENT', bytes: 0 },
      ]);
      const packets = [phone.next(), phone.next(), phone.next(), phone.next()];
      expect(await Promise.all(packets)).toHaveLength(4);
      expect(phone.waiting).toEqual([]);
      expect(branch.server.active).toBe(0);
    });
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address;

  describe('an address that might be forged', () => {
    it.skipIf(outside === undefined)(
      'gets so many first answers, and more when it proves itself',
      async () => {
        const address = outside ?? '';
        const limits = { unprovenPerAddress: 1 };
        const branch = await tftpBranch({ a: 'a' }, { address, limits });
        const [first, second] = [await TftpClient.open(address), await TftpClient.open(address)];
        first.ask('a', branch.port, { tsize: '0' });
        const { from } = await first.next();
        second.ask('a', branch.port);
        await askedBefore(branch.port, address);
        expect(branch.server.active).toBe(1);
        first.ack(0, from);
        expect((await first.next()).packet).toMatchObject({ kind: 'data', block: 1 });
        second.ask('a', branch.port);
        expect((await second.next()).packet).toMatchObject({ kind: 'data', block: 1 });
      },
    );
  });

  describe('the server', () => {
    it('logs each refusal with its reason, and each download', async () => {
      const lines: unknown[] = [];
      const log = loggerInto('info', { write: (line) => void lines.push(JSON.parse(line)) });
      const branch = await tftpBranch(settings, { log });
      await tftpFetch('127.0.0.1', branch.port, '46xxsettings.txt');
      await expect(tftpFetch('127.0.0.1', branch.port, '../x')).rejects.toThrow();
      await branch.ended(2);
      const address = '127.0.0.1';
      expect(lines).toMatchObject([
        { level: 'info', address, file: '46xxsettings.txt', bytes: 7, outcome: 'done' },
        { level: 'info', address, file: '../x', outcome: 'refused', code: 'PATH_OUTSIDE_TREE' },
      ]);
    });

    it('tells phones in mid-download when it stops, and starts again', async () => {
      const branch = await tftpBranch({ a: Buffer.alloc(1000) });
      const phone = await TftpClient.open();
      phone.ask('a', branch.port);
      await phone.next();
      await branch.server.stop();
      expect((await phone.next()).packet).toMatchObject({ kind: 'error', code: 0 });
      expect(await branch.ended(1)).toMatchObject([{ outcome: 'failed', code: 'INTERRUPTED' }]);
      await branch.server.start();
      const [address] = branch.server.addresses();
      expect(await tftpFetch('127.0.0.1', address?.port ?? 0, 'a')).toHaveLength(1000);
    });

    it('takes no request while it waits for the disk to stop', async () => {
      const asked = Promise.withResolvers<undefined>();
      const disk = Promise.withResolvers<never>();
      const delivery: Delivery = {
        find: () => {
          asked.resolve(undefined);
          return disk.promise;
        },
        admit: () => Promise.resolve(),
      };
      const branch = await tftpBranch({}, { delivery });
      const [first, second] = [await TftpClient.open(), await TftpClient.open()];
      first.ask('a', branch.port);
      await asked.promise;
      const stopped = branch.server.stop();
      second.ask('a', branch.port);
      await askedBefore(branch.port);
      expect(branch.server.active).toBe(0);
      disk.reject(new BranchlineError('NOT_FOUND', 'there is no file "a"'));
      await stopped;
    });

    it('says which port it cannot have', async () => {
      const first = await tftpBranch({});
      await expect(tftpBranch({}, { port: first.port })).rejects.toMatchObject({
        code: 'LISTEN_FAILED',
      });
    });

    it('reports the receive buffer that the kernel grants', async () => {
      const { server } = await tftpBranch({});
      const { wanted, effective } = server.receiveBuffer();
      expect(wanted).toBe(4 * 1024 * 1024);
      expect(effective).toBeGreaterThan(0);
      expect(effective).toBeLessThanOrEqual(wanted);
    });

    it('ends a download with an error when the file cannot be read, and closes it', async () => {
      let closed = 0;
      const broken: ServedFile = {
        name: 'a',
        size: 100_000,
        modifiedMs: 0,
        etag: '"a"',
        bytes: undefined,
        read: (target, position) =>
          position < 65_536
            ? Promise.resolve(target.fill(1).length)
            : Promise.reject(new BranchlineError('FILE_CHANGED', 'a was written to in place')),
        close: () => Promise.resolve(void (closed += 1)),
      };
      const delivery: Delivery = {
        find: () => Promise.resolve(broken),
        admit: () => Promise.resolve(),
      };
      const branch = await tftpBranch({}, { delivery });
      await expect(tftpFetch('127.0.0.1', branch.port, 'a')).rejects.toMatchObject({
        code: 'PEER_REFUSED',
      });
      expect(await branch.ended(1)).toMatchObject([
        { outcome: 'failed', code: 'FILE_CHANGED', bytes: 65_536 },
      ]);
      await branch.server.stop();
      expect(closed).toBe(1);
    });
  });
});
