import { randomBytes } from 'node:crypto';
import { rename, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { phones, serve } from '../support/phone-servers.ts';
import { hasClient } from '../support/real-client.ts';
import { plant, tempTree } from '../support/temp-tree.ts';

const cases = phones.map((phone) => {
  const by = phone.transport === undefined ? phone.protocol : `plain ${phone.protocol}`;
  return { ...phone, phone, by };
});

describe.each(cases)('a phone downloading by $by ($client)', ({ phone, client }) => {
  const by = client === 'own' ? it : it.skipIf(!hasClient(client));

  by('gets the bytes of the file it names', async () => {
    const server = await serve(phone, { '46xxsettings.txt': 'SET A 1\r\n\0\xff' });
    expect(await phone.get(server, '46xxsettings.txt')).toEqual(Buffer.from('SET A 1\r\n\0\xff'));
    expect(await server.ended(1)).toMatchObject([
      {
        kind: 'transfer',
        server: phone.protocol,
        address: '127.0.0.1',
        name: '46xxsettings.txt',
        bytes: 12,
        outcome: 'done',
      },
    ]);
  });

  by('gets an empty file as an empty file', async () => {
    const server = await serve(phone, { 'empty.txt': '' });
    expect(await phone.get(server, 'empty.txt')).toEqual(Buffer.alloc(0));
  });

  by('gets a large file whole', async () => {
    const bytes = randomBytes(5 * 1024 * 1024 + 17);
    const server = await serve(phone, { 'FW_S_J179_R4_1_3_0_6.bin': bytes });
    const got = await phone.get(server, 'FW_S_J179_R4_1_3_0_6.bin');
    expect(Buffer.isBuffer(got) && got.equals(bytes)).toBe(true);
  });

  by('gets a file whatever the case, with either slash', async () => {
    const server = await serve(phone, { '46xxupgrade.scr': 'found', 'firmware/a.bin': 'found' });
    const names = ['46xxUPGRADE.SCR', '/46xxupgrade.scr', 'firmware/a.bin', 'FIRMWARE\\A.BIN'];
    for (const name of names) {
      expect([name, await phone.get(server, name)]).toEqual([name, Buffer.from('found')]);
    }
  });

  by('gets a file whose name begins with "here"', async () => {
    const files = { '46xxsettings.txt': 'found', 'a/b.txt': 'found', '.branchline/x': 'ours' };
    const server = await serve(phone, files);
    for (const name of ['./46xxsettings.txt', '.\\46xxSETTINGS.txt', '././a/b.txt', '/./a/b.txt']) {
      if (!phone.says(name)) continue;
      expect([name, await phone.get(server, name)]).toEqual([name, Buffer.from('found')]);
    }
    for (const name of ['./.branchline/x', './../etc/passwd', './a/../../etc/passwd']) {
      if (!phone.says(name)) continue;
      expect([name, await phone.get(server, name)]).toEqual([name, 'refused']);
    }
  });

  by('gets a file with a plus, a percent and blanks in its name', async () => {
    if (!phone.says('a+b %41 c.txt')) return;
    const server = await serve(phone, { 'a+b %41 c.txt': 'odd' });
    expect(await phone.get(server, 'a+b %41 c.txt')).toEqual(Buffer.from('odd'));
  });

  by('is told that there is no such file, and asks on', async () => {
    const server = await serve(phone, { 'a.txt': 'a', 'folder/b.txt': 'b' });
    expect(await phone.get(server, '001b4f3f7313.txt')).toBe('not found');
    expect(await phone.get(server, 'folder')).toBe('not found');
    expect(await phone.get(server, 'a.txt')).toEqual(Buffer.from('a'));
    expect(await server.ended(3)).toMatchObject([
      { outcome: 'refused', code: 'NOT_FOUND', bytes: 0 },
      { outcome: 'refused', code: 'NOT_FOUND', bytes: 0 },
      { outcome: 'done' },
    ]);
  });

  by('is refused names that leave the tree, name devices or are ours', async () => {
    const outside = await tempTree({ 'secret.txt': 'secret' });
    const server = await serve(phone, {
      '.branchline/journal': 'ours',
      '.a.bin.0123456789ab.partial': 'half',
      'firmware/x': '',
    });
    await symlink(outside, path.join(server.root, 'link'));
    await symlink(path.join(outside, 'secret.txt'), path.join(server.root, 'link.txt'));
    const climb = path.relative(server.root, path.join(outside, 'secret.txt'));
    const refusals = [
      [climb, 'PATH_OUTSIDE_TREE'],
      [`firmware/../${climb}`, 'PATH_OUTSIDE_TREE'],
      [climb.replaceAll('/', '\\'), 'PATH_OUTSIDE_TREE'],
      [`/${climb.replace('/', '\\')}`, 'PATH_OUTSIDE_TREE'],
      ['c:\\windows\\win.ini', 'PATH_OUTSIDE_TREE'],
      ['link/secret.txt', 'PATH_OUTSIDE_TREE'],
      ['link.txt', 'PATH_OUTSIDE_TREE'],
      ['LINK.TXT', 'PATH_OUTSIDE_TREE'],
      ['.branchline/journal', 'PATH_OUTSIDE_TREE'],
      ['.a.bin.0123456789ab.partial', 'PATH_OUTSIDE_TREE'],
      ['NUL', 'NAME_MALFORMED'],
      ['firmware/COM1.bin', 'NAME_MALFORMED'],
      ['a.txt:stream', 'NAME_MALFORMED'],
      ['a.txt.', 'NAME_MALFORMED'],
      ['a\nb.txt', 'NAME_MALFORMED'],
      // In a TFTP request the NUL ends the name, in FTP it is no part of a command.
      ...(/ftp/.test(phone.protocol) ? [] : [['a.txt\0.jpg', 'NAME_MALFORMED'] as const]),
    ] as const;
    // Our own clients ask for all of them; a program, which is started for each, for some.
    const sent = refusals.filter(
      ([name], index) => phone.says(name) && (client === 'own' || index % 3 === 0),
    );
    const got = [];
    for (const [name] of sent) got.push([name, await phone.get(server, name)]);
    expect(got).toEqual(sent.map(([name]) => [name, 'refused']));
    const ended = await server.ended(sent.length);
    expect(ended.map(({ outcome, code }) => [outcome, code])).toEqual(
      sent.map(([, code]) => ['refused', code]),
    );
  });

  by('finds nothing outside by an absolute or doubly encoded name', async () => {
    const server = await serve(phone, { 'a.txt': 'a' });
    const names = ['/etc/passwd', '//etc/passwd', '\\etc\\passwd', '~root'];
    names.push('%2e%2e/etc/passwd', '..%2fetc%2fpasswd', '%00');
    for (const name of names.filter((name) => phone.says(name))) {
      expect([name, await phone.get(server, name)]).toEqual([name, 'not found']);
    }
  });

  by('gets the old file whole when it is replaced meanwhile, then the new one', async () => {
    const [old, fresh] = [randomBytes(3_000_000), randomBytes(2_000_000)];
    const server = await serve(
      phone,
      { 'a.bin': old },
      {
        beforeFirstRead: async (root) => {
          await plant(root, { 'a.bin.new': fresh });
          await rename(path.join(root, 'a.bin.new'), path.join(root, 'a.bin'));
        },
      },
    );
    const first = await phone.get(server, 'a.bin');
    expect(Buffer.isBuffer(first) && first.equals(old)).toBe(true);
    const second = await phone.get(server, 'a.bin');
    expect(Buffer.isBuffer(second) && second.equals(fresh)).toBe(true);
  });

  by('gets the file whole when it is removed meanwhile', async () => {
    const bytes = randomBytes(3_000_000);
    const server = await serve(
      phone,
      { 'a.bin': bytes },
      {
        beforeFirstRead: (root) => unlink(path.join(root, 'a.bin')),
      },
    );
    const got = await phone.get(server, 'a.bin');
    expect(Buffer.isBuffer(got) && got.equals(bytes)).toBe(true);
    expect(await phone.get(server, 'a.bin')).toBe('not found');
  });

  by.each([
    ['overwritten', (file: string) => writeFile(file, randomBytes(3_000_000))],
    ['cut short', (file: string) => truncate(file, 1_000_000)],
  ])('never takes a file for whole that was %s in place meanwhile', async (_, change) => {
    const server = await serve(
      phone,
      { 'a.bin': randomBytes(3_000_000) },
      {
        beforeFirstRead: (root) => change(path.join(root, 'a.bin')),
      },
    );
    expect(await phone.get(server, 'a.bin')).toBe('failed');
    expect(await server.ended(1)).toMatchObject([{ outcome: 'failed', code: 'FILE_CHANGED' }]);
  });

  by('shares one descriptor with the others, and leaves none behind', async () => {
    const bytes = randomBytes(2_000_000);
    const server = await serve(phone, { 'a.bin': bytes });
    const all = await Promise.all(
      Array.from({ length: client === 'own' ? 8 : 3 }, () => phone.get(server, 'a.bin')),
    );
    expect(all.every((got) => Buffer.isBuffer(got) && got.equals(bytes))).toBe(true);
    await server.ended(all.length);
    await expect.poll(() => server.delivery.usage.descriptors).toBe(0);
  });
});

const leavers = phones.flatMap((phone) =>
  phone.abandon === undefined ? [] : [{ ...phone, phone, abandon: phone.abandon }],
);

it.each(leavers)(
  'a phone may leave a $protocol download in the middle without a trace',
  async (each) => {
    const leave = new AbortController();
    const { phone, abandon } = each;
    const server = await serve(
      phone,
      { 'a.bin': randomBytes(20_000_000), 'b.txt': 'b' },
      {
        beforeFirstRead: () => {
          leave.abort();
          return Promise.resolve();
        },
      },
    );
    await abandon(server, 'a.bin', leave.signal);
    expect(await phone.get(server, 'b.txt')).toEqual(Buffer.from('b'));
    // Only a connection tells at once that the phone is gone.
    if (phone.protocol === 'tftp') return;
    expect(await server.ended(2)).toContainEqual(
      expect.objectContaining({ name: 'a.bin', outcome: 'failed', code: 'PHONE_STOPPED' }),
    );
    await expect.poll(() => server.delivery.usage.descriptors).toBe(0);
  },
);
