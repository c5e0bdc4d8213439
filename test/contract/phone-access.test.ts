import { createHash } from 'node:crypto';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { explain, type TreeName } from '#libs/delivery';
import { phones, serve, type Phone, type PhoneServer } from '../support/phone-servers.ts';
import { hasClient } from '../support/real-client.ts';
import { plant, type Contents } from '../support/temp-tree.ts';

const treeOf: Record<Phone['protocol'], TreeName> = {
  ...{ tftp: 'TFTP', http: 'HTTP', https: 'HTTPS' },
  ...{ ftp: 'FTP', ftps: 'FTP' },
};
/** A phone that is not on the list meets a closed door at FTP, before it has named a file. */
const byFtp = ({ protocol }: Phone): boolean => protocol === 'ftp' || protocol === 'ftps';
const cases = phones.filter((phone) => !byFtp(phone)).map((phone) => ({ ...phone, phone }));
const ftpCases = phones.filter(byFtp).map((phone) => ({ ...phone, phone }));
const real = { '46xxsettings.txt': 'SET REAL 1', 'firmware/a.bin': 'a' };
const override = { 'fxd_upgrade.scr': 'GET 46xxsettings.txt', 'fxd_settings.txt': 'SET FXD 1' };

describe.each(cases)('access by $protocol ($client)', ({ phone, client, protocol }) => {
  const by = client === 'own' ? it : it.skipIf(!hasClient(client));
  const ownList = `${treeOf[protocol]}_allow_IP.txt`;
  const site = (files: Contents): Promise<PhoneServer> => serve(phone, { ...real, ...files });

  /** The list is read by us, whoever asks: of other programs one line of a table is enough. */
  const some = <T>(all: readonly T[]): readonly T[] => (client === 'own' ? all : all.slice(0, 1));

  by.each(
    some([
      ['several lines', '\ufeff# phones\r\n\r\n10.0.0.1\r\n127.0.0.1\r\n'],
      ['a full address', '127.0.0.1'],
      ['the leading part of an address', '127.0.0'],
      ['a range', '127.0.0.1-127.0.0.128'],
      ['a block', '127.0.0.0/8'],
    ]),
  )('is granted by a list with %s', async (_, list) => {
    const server = await site({ [ownList]: list });
    expect(await phone.get(server, 'firmware/a.bin')).toEqual(Buffer.from('a'));
  });

  by.each(
    some([
      ['an address next to it', '127.0.0.2\n127.0.0.0'],
      ['another network', '127.0.1\n10.0.0.0/8'],
      ['a range beside it', '127.0.0.2-127.0.0.255'],
      ['a line that cannot be understood', '127.0.0.*\n127.0.0.1-\nall'],
      ['nothing', ''],
    ]),
  )('is refused by a list with %s', async (_, list) => {
    const server = await site({ [ownList]: list });
    const names = ['46xxsettings.txt', 'firmware/a.bin', 'absent.bin'];
    for (const name of names)
      expect([name, await phone.get(server, name)]).toEqual([name, 'refused']);
    expect(await server.ended(3)).toMatchObject(
      names.map((name) => ({
        ...{ name: expect.stringMatching(new RegExp(`^/?${name}$`)) as string, bytes: 0 },
        ...{ address: '127.0.0.1', outcome: 'refused', code: 'ACCESS_DENIED' },
      })),
    );
  });

  by('goes by the list of its own server first, in any case, else by the generic one', async () => {
    const granted = await site({
      [ownList.toUpperCase()]: '127.0.0.1',
      'allow_IP.txt': '10.0.0.1',
    });
    expect(await phone.get(granted, 'firmware/a.bin')).toEqual(Buffer.from('a'));
    const refused = await site({ 'ALLOW_ip.txt': '10.0.0.1' });
    expect(await phone.get(refused, 'firmware/a.bin')).toBe('refused');
    const other = protocol === 'tftp' ? 'HTTP_allow_IP.txt' : 'TFTP_allow_IP.txt';
    const foreign = await site({ [other]: '10.0.0.1' });
    expect(await phone.get(foreign, 'firmware/a.bin')).toEqual(Buffer.from('a'));
  });

  by('hands out no access list', async () => {
    const server = await site({ [ownList]: '127.0.0.1', 'allow_IP.txt': '127.0.0.1' });
    for (const name of [ownList, ownList.toLowerCase(), 'allow_IP.txt', '\\ALLOW_IP.TXT']) {
      expect([name, await phone.get(server, name)]).toEqual([name, 'refused']);
    }
  });

  if (client === 'own')
    by('goes by a list that changed', async () => {
      const server = await site({ [ownList]: '10.0.0.1' });
      expect(await phone.get(server, 'firmware/a.bin')).toBe('refused');
      await plant(server.root, { [ownList]: '127.0.0.1' });
      await expect
        .poll(() => phone.get(server, 'firmware/a.bin'), { timeout: 5_000, interval: 200 })
        .toEqual(Buffer.from('a'));
    });

  by('gives who is refused the substitute for upgrade and settings files', async () => {
    const server = await site({ [ownList]: '10.0.0.1', ...override });
    const asked = [
      ...['46xxupgrade.scr', '46XXUPGRADE.SCR', 'J100Supgrade.txt', 'phones/96x1Hupgrade.txt'],
      ...['46xxsettings.txt', '46xxsettings.SCR', 'phones\\46xxSettings.txt'],
    ];
    for (const name of asked) {
      const text = /upgrade/i.test(name)
        ? override['fxd_upgrade.scr']
        : override['fxd_settings.txt'];
      expect([name, await phone.get(server, name)]).toEqual([name, Buffer.from(text)]);
    }
    expect(await phone.get(server, 'firmware/a.bin')).toBe('refused');
    const ended = await server.ended(asked.length + 1);
    expect(ended.slice(0, -1)).toMatchObject(
      asked.map((name) => ({
        name: /upgrade/i.test(name) ? 'fxd_upgrade.scr' : 'fxd_settings.txt',
        insteadOf: expect.stringContaining(path.posix.basename(name)) as string,
        outcome: 'done',
      })),
    );
    expect(ended.at(-1)).not.toHaveProperty('insteadOf');
  });

  by('leaves who is granted the real files beside the substitutes', async () => {
    const server = await site({ [ownList]: '127.0.0.1', ...override });
    expect(await phone.get(server, '46xxsettings.txt')).toEqual(Buffer.from('SET REAL 1'));
    expect((await server.ended(1))[0]).not.toHaveProperty('insteadOf');
  });

  by('refuses who is refused any way out of the tree', async () => {
    const server = await site({ [ownList]: '10.0.0.1', ...override });
    const names = ['46xxsettings.txt/.', 'a.txt:46xxsettings.txt', '.branchline/46xxsettings.txt'];
    names.push('../46xxsettings.txt', '..\\46xxupgrade.scr');
    for (const name of names.filter((each) => phone.says(each)))
      expect([name, await phone.get(server, name)]).toEqual([name, 'refused']);
  });
});

it.each(phones.filter((phone) => phone.client === 'own' && !byFtp(phone)))(
  'a phone by $protocol gets what was explained',
  async (phone) => {
    const tree = treeOf[phone.protocol];
    const names = [
      ...[
        '46xxsettings.txt',
        '46XXSETTINGS.TXT',
        'firmware\\A.bin',
        'J100Supgrade.txt',
        'absent.txt',
      ],
      ...['allow_IP.txt', '../a', 'NUL', 'fxd_settings.txt', 'phones/46xxsettings.scr'],
    ];
    for (const list of ['127.0.0.1', '10.0.0.1']) {
      const server = await serve(phone, { ...real, ...override, [`${tree}_allow_IP.txt`]: list });
      for (const name of names) {
        const got = await phone.get(server, name);
        const request = { tree, name, address: '127.0.0.1' };
        const { answers } = await explain(server.delivery, request, {});
        const told = answers[0]?.file?.sha256 ?? answers[0]?.code;
        const is = Buffer.isBuffer(got) ? createHash('sha256').update(got).digest('hex') : got;
        const refusal = told === 'NOT_FOUND' ? 'not found' : 'refused';
        expect([name, is]).toEqual([name, answers[0]?.file ? told : refusal]);
      }
    }
  },
);

describe.each(ftpCases)('access by $protocol ($client)', ({ phone, client }) => {
  const by = client === 'own' ? it : it.skipIf(!hasClient(client));

  by('is granted and refused by FTP_allow_IP.txt before allow_IP.txt', async () => {
    const lists = { 'allow_IP.txt': '10.0.0.1', 'FTP_allow_IP.txt': '127.0.0.1' };
    const granted = await serve(phone, { ...real, ...lists });
    expect(await phone.get(granted, 'firmware/a.bin')).toEqual(Buffer.from('a'));
    const refused = await serve(phone, { ...real, 'allow_IP.txt': '10.0.0.1' });
    expect(Buffer.isBuffer(await phone.get(refused, 'firmware/a.bin'))).toBe(false);
  });

  by('hands out no access list', async () => {
    const server = await serve(phone, { ...real, 'FTP_allow_IP.txt': '127.0.0.1' });
    expect(await phone.get(server, 'FTP_allow_IP.txt')).toBe('refused');
  });
});

const webs = phones.filter(
  (phone): phone is Phone & { protocol: 'http' | 'https' } =>
    phone.protocol === 'http' || phone.protocol === 'https',
);

it.each(webs.filter(({ client }) => client === 'own'))(
  'a substitute by $protocol has its own length and tag',
  async (phone) => {
    const { webFetch } = await import('../support/web-fetch.ts');
    const list = `${phone.protocol.toUpperCase()}_allow_IP.txt`;
    const server = await serve(phone, { ...real, ...override, [list]: '10.0.0.1' });
    const origin = `${phone.protocol}://127.0.0.1:${server.port}`;
    const first = await webFetch(origin, '/46xxsettings.txt?ver=1');
    expect(first.status).toBe(200);
    expect(first.headers['content-length']).toBe('9');
    const { etag } = first.headers;
    const again = await webFetch(origin, '/46xxsettings.txt', {
      headers: { 'if-none-match': String(etag) },
    });
    expect(again.status).toBe(304);
    const dated = await webFetch(origin, '/46xxsettings.txt', {
      headers: { 'if-modified-since': new Date().toUTCString() },
    });
    expect([dated.status, dated.body.toString()]).toEqual([200, 'SET FXD 1']);
  },
);
