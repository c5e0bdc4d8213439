import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { oldTls } from '#libs/http';
import { loggerInto } from '#libs/observe';
import { phoneCertificate } from '../support/phone-certificate.ts';
import { uploadBranch, type UploadBranch } from '../support/upload-branch.ts';
import { webFetch, type WebAnswer } from '../support/web-fetch.ts';

const name = '2001_96xxdata.txt';
const basic = (password: string, user = '10.1.2.3'): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

const save = (branch: UploadBranch, headers = {}, target = `/${name}`): Promise<WebAnswer> =>
  webFetch(branch.origin, target, { method: 'PUT', body: Buffer.from('contacts'), headers });
const status = async (answer: Promise<WebAnswer>): Promise<number> => (await answer).status;

describe('proof by SNMP', () => {
  it('gives an extension its own backup and nobody else’s', async () => {
    const branch = await uploadBranch({ proof: 'snmp' });
    expect(await status(save(branch))).toBe(403);
    branch.extensions.set('127.0.0.1', '2001');
    expect(await status(save(branch))).toBe(201);
    expect(await status(webFetch(branch.origin, `/${name}`))).toBe(200);
    expect(await status(save(branch, {}, '/2002_96xxdata.txt'))).toBe(403);
    branch.extensions.set('127.0.0.1', '3003');
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { body: Buffer.from('x') } : {};
      expect(await status(webFetch(branch.origin, `/x/${name}`, { method, ...body }))).toBe(403);
    }
    const codes = (await branch.ended(8)).map(({ code }) => code);
    expect(codes).toEqual([
      ...['PHONE_UNVERIFIED', undefined, undefined, 'NOT_YOURS'],
      ...['NOT_YOURS', 'NOT_YOURS', 'NOT_YOURS', 'NOT_YOURS'],
    ]);
    expect(await readFile(path.join(branch.folder, name), 'utf8')).toBe('contacts');
  });
});

describe('proof by a password', () => {
  it('asks for it with a realm that never changes, and remembers the first', async () => {
    const branch = await uploadBranch({ proof: 'basic', name: 'https' });
    expect(await save(branch)).toMatchObject({
      status: 401,
      // Telephones keep it: another one would ask every user for his password.
      headers: { 'www-authenticate': 'Basic realm="Branchline backups"' },
    });
    expect(await status(save(branch, basic('4711')))).toBe(201);
    expect(await status(save(branch, basic('4712')))).toBe(401);
    expect(await status(webFetch(branch.origin, `/${name}`))).toBe(401);
    expect(await status(webFetch(branch.origin, `/${name}`, { headers: basic('4712') }))).toBe(401);
    // Another call server: the telephone went over to its survivable one.
    const headers = basic('4711', '10.9.9.9');
    expect((await webFetch(branch.origin, `/${name}`, { headers })).body.toString()).toBe(
      'contacts',
    );
    expect(await status(save(branch, basic('4712'), '/2001_16xxdata.txt'))).toBe(401);
    expect(await status(save(branch, basic('4712'), '/2002_96xxdata.txt'))).toBe(201);
    expect(await branch.passwords.forget('2001')).toBe(true);
    expect(await status(webFetch(branch.origin, `/${name}`, { headers: basic('4712') }))).toBe(200);
    expect(await status(save(branch, basic('4711')))).toBe(401);
  });

  it('is not remembered when nothing came of it', async () => {
    const branch = await uploadBranch({ proof: 'basic', name: 'https' });
    expect(await status(webFetch(branch.origin, `/${name}`, { headers: basic('1') }))).toBe(404);
    const big = { method: 'PUT', body: Buffer.alloc(9_000_000), headers: basic('1') };
    expect(await status(webFetch(branch.origin, `/${name}`, big))).toBe(413);
    expect(await status(save(branch, basic('2')))).toBe(201);
  });

  it('counts over an encrypted connection only', async () => {
    const branch = await uploadBranch({ proof: 'basic' });
    expect(await status(save(branch, basic('4711')))).toBe(403);
    const either = await uploadBranch({ proof: 'either' });
    expect(await status(save(either, basic('4711')))).toBe(403);
    expect(await readdir(path.join(either.folder, '.branchline'))).toEqual(['incoming']);
  });

  it('counts not over TLS that encrypts nothing', async () => {
    const old = oldTls({ encrypted: false, unencrypted: true });
    const tls = { pairs: [await phoneCertificate()], ...old };
    const branch = await uploadBranch({ proof: 'basic', name: 'https', tls });
    const socket = connect({
      ...{ host: '127.0.0.1', port: branch.port, rejectUnauthorized: false },
      ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'NULL-SHA:@SECLEVEL=0' },
    });
    await once(socket, 'secureConnect');
    expect(socket.getCipher().name).toBe('NULL-SHA');
    const { authorization } = basic('4711');
    socket.end(
      `PUT /${name} HTTP/1.1\r\nAuthorization: ${authorization}\r\nContent-Length: 1\r\n\r\nx`,
    );
    let answer = '';
    for await (const text of socket.setEncoding('latin1')) answer += String(text);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });

  it.each([
    '',
    'Basic',
    'Basic !!',
    'Basic bm9jb2xvbg==',
    'Bearer MTo0NzEx',
    `Basic ${'A'.repeat(2000)}`,
  ])('is none in %j', async (authorization) => {
    const branch = await uploadBranch({ proof: 'basic', name: 'https' });
    expect(await status(save(branch, { authorization }))).toBe(401);
  });

  it('may not be guessed: ten tries', async () => {
    const branch = await uploadBranch({ proof: 'basic', name: 'https' });
    await save(branch, basic('4711'));
    for (let n = 0; n < 10; n += 1) expect(await status(save(branch, basic(`${n}`)))).toBe(401);
    expect(await status(save(branch, basic('x')))).toBe(429);
    expect(await status(save(branch, basic('4711')))).toBe(429);
  });

  it('never stands in the log, nor on the disk', async () => {
    const lines: string[] = [];
    const log = loggerInto('debug', { write: (line) => void lines.push(line) });
    const branch = await uploadBranch({ proof: 'either', name: 'https', log });
    const headers = basic('secret-4711');
    await save(branch, headers);
    await save(branch, basic('wrong-4712'));
    await save(branch, headers, '/%2e%2e/x?secret-4711');
    expect(lines.length).toBeGreaterThanOrEqual(3);
    const stored = await readFile(path.join(branch.folder, '.branchline/passwords/2001'), 'utf8');
    for (const text of [...lines, stored]) {
      expect(text).not.toMatch(/4711|4712|basic /i);
      expect(text).not.toContain(headers['authorization']?.slice(6));
    }
  });
});

describe('either proof', () => {
  it('takes a remembered password without asking, and SNMP to set a changed one', async () => {
    const branch = await uploadBranch({ proof: 'either', name: 'https' });
    expect(await status(save(branch))).toBe(401);
    expect(await status(save(branch, basic('old')))).toBe(201);
    expect(await status(save(branch, basic('new')))).toBe(401);
    branch.extensions.set('127.0.0.1', '2001');
    expect(await status(save(branch, basic('new')))).toBe(204);
    branch.extensions.set('127.0.0.1', '3003');
    expect(await status(save(branch, basic('old')))).toBe(403);
    expect(await status(save(branch, basic('new')))).toBe(204);
    branch.extensions.clear();
    expect(await status(webFetch(branch.origin, `/${name}`, { headers: basic('new') }))).toBe(200);
  });

  it('lets a phone that is somebody else claim nothing', async () => {
    const branch = await uploadBranch({ proof: 'either', name: 'https' });
    branch.extensions.set('127.0.0.1', '3003');
    expect(await status(save(branch, basic('4711')))).toBe(403);
  });
});
