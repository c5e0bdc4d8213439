import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { RecordWeb, type RecordWebOptions } from '#libs/records';
import { hasClient, runClient } from '../support/real-client.ts';
import { openNames, visibleNames } from '../support/record-rig.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function webRig(options: Partial<RecordWebOptions> = {}) {
  const folder = await tempFolder('branchline-web-records-');
  const web = new RecordWeb({
    ...{ address: '127.0.0.1', port: 0, path: '/ap/cdr.fcgi', peers: ['127.0.0.1'], password: '' },
    ...{ folder, maxBytes: 2000, kind: 'cdr', pattern: '<kind>_<from>_<id>.txt' },
    ...{ cut: { bytes: 1e6, ms: 60_000 }, clock: systemClock, log: silentLogger() },
    refused: () => undefined,
    ...options,
  });
  await web.start();
  onTestFinished(() => web.stop());
  const url = `http://127.0.0.1:${String(web.port)}/ap/cdr.fcgi`;
  const stored = async (): Promise<string> => {
    await web.stop();
    const [name = ''] = await visibleNames(folder);
    return await readFile(path.join(folder, name), 'utf8');
  };
  return { web, url, stored, folder };
}

it('keeps GET and POST as they came, each on a line, and answers when they are on the disk', async () => {
  const { web, url, stored } = await webRig();
  const get = await fetch(`${url}?event=A%3Asetup&from=4711&n=%22Jo%22`);
  expect(get.status).toBe(204);
  const post = await fetch(url, { method: 'POST', body: '<cdr guid="1">\n  <event/>\n</cdr>' });
  expect(post.status).toBe(204);
  expect((await fetch(url, { method: 'POST', body: 'ended\r\n' })).status).toBe(204);
  expect(web.tally.records).toBe(3);
  expect(await stored()).toBe(
    'event=A%3Asetup&from=4711&n=%22Jo%22\r\n<cdr guid="1">\n  <event/>\n</cdr>\r\nended\r\n',
  );
});

it('keeps each of many at one time, once', async () => {
  const { url, stored } = await webRig();
  const numbers = Array.from({ length: 200 }, (_, n) => `n=${String(n)}`);
  const answers = await Promise.all(numbers.map((query) => fetch(`${url}?${query}`)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
  expect((await stored()).split('\r\n').slice(0, -1).toSorted()).toEqual(numbers.toSorted());
});

it.each([
  ['an empty record', 400, 'RECORD_EMPTY', '', 'POST', ''],
  ['another path', 404, 'NOT_FOUND', '/../other', 'GET', undefined],
  ['a record too large', 413, 'FILE_TOO_LARGE', '', 'POST', 'x'.repeat(2001)],
  ['a query too large', 413, 'FILE_TOO_LARGE', `?${'x'.repeat(2001)}`, 'GET', undefined],
  ['another method', 405, 'WRITE_REFUSED', '?a=b', 'PUT', 'x'],
  ['HEAD', 405, '', '?a=b', 'HEAD', undefined],
])('refuses %s with %i %s, and stores nothing', async (_, status, code, more, method, body) => {
  const { url, folder } = await webRig();
  const answer = await fetch(`${url}${more}`, { method, ...(body !== undefined && { body }) });
  expect([answer.status, (await answer.text()).trim()]).toEqual([status, code]);
  expect(await openNames(folder)).toEqual([]);
});

it('takes records only from addresses that are allowed', async () => {
  const { url } = await webRig({ peers: ['192.0.2.1'] });
  expect((await fetch(`${url}?a=b`)).status).toBe(403);
});

it.skipIf(!hasClient('curl'))(
  'asks for the password, and takes it with any user (curl)',
  async () => {
    const { url, stored } = await webRig({ peers: [], password: 'geheim:ü' });
    const wrong = await runClient('curl', ['-s', '-w', '%{http_code}', '-u', 'a:b', `${url}?a=1`]);
    expect(String(wrong.stdout)).toMatch(/401$/);
    const none = await runClient('curl', ['-s', '-w', '%{http_code}', `${url}?a=1`]);
    expect(String(none.stdout)).toMatch(/401$/);
    const right = ['-s', '-w', '%{http_code}', '-u', 'pbx:geheim:ü', '--data-binary', 'a=2', url];
    expect(String((await runClient('curl', right)).stdout)).toBe('204');
    expect(await stored()).toBe('a=2\r\n');
  },
);
