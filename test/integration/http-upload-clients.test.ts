import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { uploadBranch } from '../support/upload-branch.ts';

const name = '2001_96xxdata.txt';
const bytes = randomBytes(300_000);

/** A folder with the file `up` in it. */
async function withFile(content = bytes): Promise<string> {
  const folder = await tempFolder();
  await writeFile(path.join(folder, 'up'), content);
  return folder;
}

const show = ['-s', '-k', '-o', '/dev/null', '-w', '%{http_code}'];

describe.skipIf(!hasClient('curl')).each(['http', 'https'] as const)('curl by %s', (server) => {
  it.each([
    ['-T', []],
    ['chunked', ['-H', 'Transfer-Encoding: chunked']],
    [
      'chunked by HTTP/1.1 with Expect',
      ['-H', 'Transfer-Encoding: chunked', '-H', 'Expect: 100-continue'],
    ],
    ['Expect', ['-H', 'Expect: 100-continue']],
    ['HTTP/1.0', ['--http1.0', '--no-alpn']],
  ])('saves, replaces, fetches and removes (%s) (curl)', async (_, options) => {
    const branch = await uploadBranch({ name: server });
    const cwd = await withFile();
    const url = `${branch.origin}/PhoneBackup/${name}`;
    const run = async (...args: string[]): Promise<string> =>
      (await runClient('curl', [...show, ...options, ...args, url], { cwd })).stdout.toString();
    expect(await run('-T', 'up')).toBe('201');
    expect(await run('-T', 'up')).toBe('204');
    const down = await runClient('curl', ['-s', '-k', url]);
    expect(down.stdout.equals(bytes)).toBe(true);
    const removed = await runClient('curl', [...show, '-X', 'DELETE', url]);
    expect(removed.stdout.toString()).toBe('204');
  });

  it('that is cut off while it sends slowly leaves the old file (curl)', async () => {
    const branch = await uploadBranch({ name: server });
    const cwd = await withFile();
    const url = `${branch.origin}/${name}`;
    await runClient('curl', [...show, '-T', 'up', url], { cwd });
    const cut = ['--limit-rate', '50k', '--max-time', '1'];
    await writeFile(path.join(cwd, 'up'), randomBytes(4_000_000));
    const { status } = await runClient('curl', [...show, ...cut, '-T', 'up', url], { cwd });
    expect(status).toBe(28);
    expect((await branch.ended(2))[1]).toMatchObject({ direction: 'upload' });
    expect((await branch.ended(2))[1]?.outcome).not.toBe('done');
    expect(bytes.equals(await readFile(path.join(branch.folder, name)))).toBe(true);
  });

  it('is told 413 and 403 while it still sends (curl)', async () => {
    const branch = await uploadBranch({ name: server, limitsOfStore: { maxBytes: 1000 } });
    const cwd = await withFile();
    for (const [target, code] of [
      [name, '413'],
      ['x.txt', '403'],
    ] as const) {
      for (const expect100 of ['Expect:', 'Expect: 100-continue']) {
        const args = [...show, '-H', expect100, '-T', 'up', `${branch.origin}/${target}`];
        expect((await runClient('curl', args, { cwd })).stdout.toString()).toBe(code);
      }
    }
  });

  it('sends the password of a telephone after being asked (curl)', async () => {
    const branch = await uploadBranch({ name: server, proof: 'basic' });
    const cwd = await withFile();
    const args = [...show, '--anyauth', '-u', '10.1.2.3:4711', '-T', 'up'];
    const { stdout } = await runClient('curl', [...args, `${branch.origin}/${name}`], { cwd });
    expect(stdout.toString()).toBe(server === 'https' ? '201' : '403');
  });
});

it.skipIf(!hasClient('python3'))(
  'http.client saves by length and in chunks (python3)',
  async () => {
    const branch = await uploadBranch();
    const script = `
import http.client
c = http.client.HTTPConnection('127.0.0.1', ${branch.port})
def say(method, body=None, **more):
    c.request(method, '/${name}', body, **more)
    r = c.getresponse(); data = r.read(); print(r.status, len(data))
say('PUT', b'x' * 70000)
say('PUT', iter([b'abc', b'de']), encode_chunked=True, headers={'Transfer-Encoding': 'chunked'})
say('GET')
say('DELETE')
say('GET')
`;
    const { stdout, stderr } = await runClient('python3', ['-c', script]);
    expect(stderr).toBe('');
    expect(stdout.toString().trim().split('\n')).toEqual([
      '201 0',
      '204 0',
      '200 5',
      '204 0',
      '404 14',
    ]);
  },
);

it.skipIf(!hasClient('wget'))('wget saves and posts (wget)', async () => {
  const branch = await uploadBranch();
  const cwd = await withFile();
  const send = async (method: string, target: string): Promise<number> => {
    const args = ['-q', '-O', '/dev/null', `--method=${method}`, '--body-file=up'];
    return (await runClient('wget', [...args, `${branch.origin}${target}`], { cwd })).status;
  };
  expect(await send('PUT', `/${name}`)).toBe(0);
  expect(await send('POST', '/inno-a1.txt?ver=1')).toBe(0);
  expect(await send('PUT', '/closed.txt')).toBe(8);
  expect(bytes.equals(await readFile(path.join(branch.folder, name)))).toBe(true);
  expect(bytes.equals(await readFile(path.join(branch.deviceFolder, 'inno-a1.txt')))).toBe(true);
});
