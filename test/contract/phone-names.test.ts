import { describe, expect, it } from 'vitest';
import { phones, serve, type PhoneServer } from '../support/phone-servers.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { hasClient } from '../support/real-client.ts';

const files = {
  '46xxsettings.txt': 'settings',
  'phones/Räume & Zürich.txt': 'umlauts',
  'SEP00112233.cnf.xml': 'exact',
  'sep00112233.cnf.xml': 'other',
};

describe.each(phones.map((phone) => ({ ...phone, phone })))(
  'a name by $protocol ($client)',
  ({ phone, client }) => {
    const by = client === 'own' ? it : it.skipIf(!hasClient(client));

    by('is found exactly first, then whatever its case, with either slash', async () => {
      const server = await serve(phone, files);
      for (const [name, text] of [
        ['SEP00112233.cnf.xml', 'exact'],
        ['sep00112233.cnf.xml', 'other'],
        ['Sep00112233.CNF.xml', 'exact'],
        ['\\46XXsettings.txt', 'settings'],
        ['phones\\Räume & Zürich.txt', 'umlauts'],
        ['PHONES/RÄUME & ZÜRICH.TXT', 'umlauts'],
      ] as const) {
        expect([name, await phone.get(server, name)]).toEqual([name, Buffer.from(text)]);
      }
    });
  },
);

/** Status and body of the answer to a target that goes out as it stands, byte by byte. */
async function rawGet(server: PhoneServer, target: string): Promise<string> {
  const connection = await RawConnection.open(`http://127.0.0.1:${server.port}`);
  connection.send(Buffer.from(`GET ${target} HTTP/1.0\r\n\r\n`));
  const [head = '', body = ''] = (await connection.closed()).split('\r\n\r\n');
  return `${head.slice(9, 12)} ${body.trim()}`;
}

const http = phones.find(({ protocol, client }) => protocol === 'http' && client === 'own');

it.each([
  ['/46XXSETTINGS.TXT?ver=1', '200 settings'],
  ['/46xxsettings.txt?file=../../etc/passwd', '200 settings'],
  ['/46xxsettings.txt#part', '200 settings'],
  ['//46xxsettings.txt', '200 settings'],
  ['/\\46xxsettings.txt', '200 settings'],
  ['http://192.0.2.1:81/46xxsettings.txt', '200 settings'],
  ['/%34%36xxsettings%2etxt', '200 settings'],
  ['/phones%5cR%C3%A4ume%20%26%20Z%c3%bcrich.txt', '200 umlauts'],
  ['/phones/Räume%20&%20Zürich.txt', '200 umlauts'],
  ['/%2534%2536xxsettings.txt', '404 404 Not Found'],
  ['/46xxsettings.txt%3Fver=1', '404 404 Not Found'],
  ['/phones/R%E4ume', '400 400 Bad Request'],
  ['/46xxsettings.txt%00', '400 400 Bad Request'],
  ['/phones/..%5c46xxsettings.txt', '403 403 Forbidden'],
])('the target %s is answered with %s', async (target, answer) => {
  if (http === undefined) throw new Error('there is no phone of our own by HTTP');
  expect(await rawGet(await serve(http, files), target)).toBe(answer);
});
