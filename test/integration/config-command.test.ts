import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { parseIni } from '#libs/settings';
import { settingsFile } from '../support/settings-file.ts';
import { tempTree } from '../support/temp-tree.ts';

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `branchline config …` as an operator runs it, with nothing else in the environment. */
async function config(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn('bin/branchline', ['config', ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await ended, stdout, stderr };
}

const lines = (output: string): string[] => output.split('\n').slice(0, -1);

describe('config check', () => {
  it('says ten faults in ten lines, and ends with 10', async () => {
    const file = await settingsFile(
      '[Settings]',
      'StatusPort=http',
      'LogMaxMB=0',
      'no key',
      '[HTTP]',
      'HTTPPort=81,81',
      'RunHTTP=perhaps',
      '[HTTPS]',
      'SSLV2=1',
      'SSLV3=1',
      '[BACKUP_SERVERS]',
      'RequestUpdates=1',
      'UpdateInterval=5',
      '[HUB]',
      'HubPort=70000',
    );
    const { status, stdout, stderr } = await config(['check', file]);
    expect(status).toBe(10);
    expect(stdout).toBe('');
    const places = lines(stderr).map((line) => line.replace(/^(.*?:\d+: (\[\w+\] \w+)?).*/, '$1'));
    expect(places).toEqual([
      `${file}:2: [Settings] StatusPort`,
      `${file}:3: [Settings] LogMaxMB`,
      `${file}:4: `,
      `${file}:6: [HTTP] HTTPPort`,
      `${file}:7: [HTTP] RunHTTP`,
      `${file}:9: [HTTPS] SSLV2`,
      `${file}:10: [HTTPS] SSLV3`,
      `${file}:12: [BACKUP_SERVERS] RequestUpdates`,
      `${file}:13: [BACKUP_SERVERS] UpdateInterval`,
      `${file}:15: [HUB] HubPort`,
    ]);
  });

  it("passes the Guide's samples, with warnings on stderr", async () => {
    const { status, stdout, stderr } = await config(['check', 'test/fixtures/guide-linux.ini']);
    expect(status).toBe(0);
    expect(lines(stdout)).toHaveLength(1);
    expect(stderr).toMatch(/^test\/fixtures\/guide-linux\.ini:32: warning: \[FTP\] SUPassword: /m);
    expect((await config(['check', 'test/fixtures/guide-windows.ini'])).status).toBe(0);
  });

  it('prints JSON for scripts', async () => {
    const file = await settingsFile('[HTTP]', 'HTTPPort=x', 'HTTPPrt=1');
    const { status, stdout } = await config(['check', '--json', file]);
    expect(status).toBe(10);
    expect(JSON.parse(stdout)).toMatchObject({
      file,
      ok: false,
      faults: [{ line: 2, section: 'HTTP', key: 'HTTPPort' }],
      warnings: [{ line: 3, section: 'HTTP', key: 'HTTPPrt' }],
    });
  });

  it('sees the environment of the server', async () => {
    const file = await settingsFile();
    const { status, stderr } = await config(['check', file], { BRANCHLINE_HTTP_HTTPPORT: 'x' });
    expect(status).toBe(10);
    expect(stderr).toMatch(/^BRANCHLINE_HTTP_HTTPPORT: \[HTTP\] HTTPPort: /);
  });

  it('ends with 10 for a file that is not there, and with 2 without a file', async () => {
    expect((await config(['check', '/nowhere/at.all'])).status).toBe(10);
    expect((await config(['check'])).status).toBe(2);
  });
});

describe('config show', () => {
  const secret = 'a token that nobody else knows';

  it('prints settings that load to the same, and no secret', async () => {
    const file = await settingsFile(
      '[HTTP]',
      'HTTPPort=8081,8080',
      '[Settings]',
      `ApiToken=${secret}`,
    );
    const shown = await config(['show', file]);
    expect(shown.status).toBe(0);
    expect(shown.stdout).not.toContain(secret);
    expect(shown.stdout).toContain('HTTPPort=8081,8080\n');
    const again = await settingsFile(shown.stdout);
    const { stdout } = await config(['show', '--json', again]);
    expect(JSON.parse(stdout)).toEqual(JSON.parse((await config(['show', '--json', file])).stdout));
  });

  it('says where each value comes from', async () => {
    const file = await settingsFile('[HTTP]', 'HTTPPort=8081');
    const env = { BRANCHLINE_HUB_HUBPORT: '5511', BRANCHLINE_SETTINGS_APITOKEN: secret };
    const { stdout } = await config(['show', '--json', '--sources', file], env);
    expect(JSON.parse(stdout)).toMatchObject({
      HTTP: {
        HTTPPort: { value: [8081], source: 'line 2' },
        RunHTTP: { value: true, source: 'default' },
      },
      HUB: { HubPort: { value: 5511, source: 'environment BRANCHLINE_HUB_HUBPORT' } },
      Settings: { ApiToken: { value: '********' } },
    });
    expect(stdout).not.toContain(secret);
  });
});

describe('config import', () => {
  it('writes a file that passes the check, and says what became of the old one', async () => {
    const to = path.join(await tempTree(), 'MV_IPTel.ini');
    const from = 'test/fixtures/guide-windows.ini';
    const first = await config(['import', from, '--to', to, '--data-dir', '/srv/data']);
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(/^61 +\[HTTP\] HTTPDir +changed /m);
    expect(first.stdout).toMatch(/^32 +\[FTP\] SUPassword +refused /m);
    expect((await config(['check', to])).status).toBe(0);
    expect(await readFile(to, 'utf8')).toContain('HTTPDir=/srv/data/HTTPdata\r\n');
  });

  it('replaces nothing unless told to', async () => {
    const to = await settingsFile('[HTTP]');
    const from = 'test/fixtures/guide-linux.ini';
    const before = await stat(to);
    expect((await config(['import', from, '--to', to])).status).toBe(2);
    expect((await stat(to)).mtimeMs).toBe(before.mtimeMs);
    const forced = await config(['import', from, '--to', to, '--force', '--json']);
    expect(forced.status).toBe(0);
    expect(JSON.parse(forced.stdout)).toHaveLength(
      parseIni(await readFile(from, 'utf8')).entries().length,
    );
  });
});
