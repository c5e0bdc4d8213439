import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { backupPhones, backupServer } from '../support/backup-phones.ts';
import { hasClient } from '../support/real-client.ts';

const cases = backupPhones.map((phone) => ({ ...phone, phone }));

describe.each(cases)('saving by $protocol ($client)', ({ phone, client, end }) => {
  const by = client === 'own' ? it : it.skipIf(!hasClient(client));
  const name = `2001${end}`;

  by.each([0, 1, 65_536, 700_000])('%i bytes come back as they were', async (size) => {
    const server = await backupServer(phone);
    server.extension = '2001';
    const bytes = randomBytes(size);
    expect(await phone.save(server, name, bytes)).toBe(true);
    expect(bytes.equals(await readFile(path.join(server.folder, name)))).toBe(true);
    expect((await phone.fetch(server, name))?.equals(bytes) ?? size === 0).toBe(true);
    expect((await server.ended(1))[0]).toMatchObject({
      ...{ direction: 'upload', outcome: 'done', name, bytes: size },
      server: phone.protocol,
    });
  });

  by('replaces, and keeps what it replaces', async () => {
    const server = await backupServer(phone);
    server.extension = '2001';
    for (const text of ['one', 'two']) {
      expect(await phone.save(server, name, Buffer.from(text))).toBe(true);
    }
    expect((await phone.fetch(server, name))?.toString()).toBe('two');
    const kept = path.join(server.folder, '.branchline', 'history', `${name}.versions`);
    expect(await readdir(kept)).toHaveLength(2);
  });

  by('is refused to who does not answer, and to another extension', async () => {
    const server = await backupServer(phone);
    server.extension = '2001';
    await phone.save(server, name, Buffer.from('mine'));
    for (const extension of [undefined, '3003']) {
      server.extension = extension;
      expect(await phone.save(server, name, Buffer.from('stolen'))).toBe(false);
      expect(await phone.fetch(server, name)).toBeUndefined();
    }
    expect(await readFile(path.join(server.folder, name), 'utf8')).toBe('mine');
  });

  by('is refused under a name that is not open or leads out', async () => {
    const server = await backupServer(phone);
    server.extension = '2001';
    for (const bad of [`%2e%2e/${name}`, `.branchline/${name}`, `${'2'.repeat(300)}${end}`]) {
      expect([bad, await phone.save(server, bad, Buffer.from('x'))]).toEqual([bad, false]);
    }
    expect(await readdir(server.folder)).toEqual(['.branchline']);
  });

  const { abandon } = phone;
  if (abandon !== undefined)
    by('that is cut in the middle leaves the old one', async () => {
      const server = await backupServer(phone);
      server.extension = '2001';
      await phone.save(server, name, Buffer.from('old'));
      await abandon(server, name, randomBytes(900_000));
      await server.ended(2);
      expect(await readFile(path.join(server.folder, name), 'utf8')).toBe('old');
      await expect
        .poll(() => readdir(path.join(server.folder, '.branchline', 'incoming')))
        .toEqual([]);
    });
});
