import { spawn } from 'node:child_process';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { verifyPassword } from '#libs/identity';
import { loadSettings, parseIni } from '#libs/settings';
import { hasClient, runClient } from '../support/real-client.ts';
import { settingsFile } from '../support/settings-file.ts';
import { tempTree } from '../support/temp-tree.ts';

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the program is, and where its compiled code is kept: no settings. */
const bare = Object.fromEntries(
  ['PATH', 'NODE_COMPILE_CACHE', 'BRANCHLINE_DIST'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

/** `branchline config …` as an operator runs it, with nothing else in the environment. */
async function config(
  args: readonly string[],
  env: Record<string, string> = {},
  input = '',
): Promise<Ended> {
  const child = spawn('bin/branchline', ['config', ...args], {
    env: { ...bare, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  child.stdin.on('error', () => undefined).end(input);
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

describe('config set-password', () => {
  const before = [
    '[Settings]',
    'DataDir=data',
    '# Ours',
    '[FTP]',
    'RunFTP=1',
    '#13= set the FTP Super User Password',
    'SUPassword=Avaya',
    'EnableSU=1',
    '',
  ];

  it('puts a hash in place of the password, and changes nothing else', async () => {
    const file = await settingsFile(...before);
    const { status, stdout } = await config(['set-password', file], {}, 'correct horse\n');
    expect([status, stdout.includes('correct')]).toEqual([0, false]);
    const after = await readFile(file, 'utf8');
    const stored = parseIni(after).get('FTP', 'SUPassword') ?? '';
    expect(after.replace(stored, 'Avaya')).toBe(before.join('\n'));
    expect(await verifyPassword(stored, 'correct horse')).toBe(true);
    expect(await verifyPassword(stored, 'correct horsE')).toBe(false);
    expect((await config(['check', file])).status).toBe(0);
  });

  it('takes the place of a file that held the password', async () => {
    const file = await settingsFile(
      ...['[Settings]', 'DataDir=data', '[FTP]', 'SUPasswordFile=/run/secret', 'EnableSU=0'],
    );
    const { status } = await config(['set-password', '--config', file], {}, 'correct horse');
    expect(status).toBe(0);
    expect(await readFile(file, 'utf8')).toMatch(/\n\[FTP\]\nEnableSU=0\nSUPassword=\$scrypt\$/);
  });

  it.each([['Avaya'], ['jerry'], ['short'], ['']])('refuses %j', async (bad) => {
    const file = await settingsFile(...before);
    expect((await config(['set-password', file], {}, bad)).status).toBe(2);
    expect(await readFile(file, 'utf8')).toBe(before.join('\n'));
  });

  it.skipIf(!hasClient('python3'))('asks twice without showing anything (python3)', async () => {
    const file = await settingsFile(...before);
    const typing = [
      'import pty, os, sys, time',
      'pid, fd = pty.fork()',
      'if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])',
      'seen = b""',
      'for n in range(2):',
      '    while seen.count(b": ") <= n: seen += os.read(fd, 999)',
      '    os.write(fd, b"correct horses\\x7f\\r")',
      'try:',
      '    while True:',
      '        more = os.read(fd, 999)',
      '        if not more: break',
      '        seen += more',
      'except OSError: pass',
      'print(seen.decode())',
      'sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))',
    ];
    const { status, stdout } = await runClient('python3', [
      ...['-c', typing.join('\n'), 'bin/branchline', 'config', 'set-password', file],
    ]);
    expect([status, String(stdout).includes('horse')]).toEqual([0, false]);
    const stored = parseIni(await readFile(file, 'utf8')).get('FTP', 'SUPassword') ?? '';
    expect(await verifyPassword(stored, 'correct horse')).toBe(true);
  });
});

describe('config history, diff and undo', () => {
  it('names who changed what, and takes it back', async () => {
    const file = await settingsFile('[Settings]', 'DataDir=data', '[HTTP]', 'HTTPPort=8081', '');
    const before = await readFile(file, 'utf8');
    await config(['history', file]);
    await writeFile(file, before.replace('8081', '8082'));
    const { stdout } = await config(['history', '--json', '--config', file], { SUDO_USER: 'ann' });
    expect(JSON.parse(stdout)).toMatchObject([
      { number: 2, by: 'somebody', why: 'edited by hand' },
      { number: 1, by: 'somebody', why: 'as it was found' },
    ]);
    const diff = await config(['diff', file]);
    expect(lines(diff.stdout).filter((line) => /^[-+]\w/.test(line))).toEqual([
      '-HTTPPort=8081',
      '+HTTPPort=8082',
    ]);
    expect((await config(['undo', file], { SUDO_USER: 'ann' })).status).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(before);
    const after = await config(['history', '--json', file]);
    expect(JSON.parse(after.stdout)).toMatchObject([{ number: 3, by: 'operator ann' }, {}, {}]);
    expect((await config(['undo', '--to', '9', file])).status).toBe(1);
    expect((await config(['diff', '--from', 'x', file])).status).toBe(2);
  });
});

describe('config import of a whole folder', () => {
  it('brings settings, trees, lists, backups and certificates, and says what it left', async () => {
    const root = await tempTree();
    const old = path.join(root, 'MV_IPTel');
    const data = path.join(root, 'new', 'data');
    const put = async (name: string, bytes: string): Promise<void> => {
      await mkdir(path.dirname(path.join(old, name)), { recursive: true });
      await writeFile(path.join(old, name), bytes);
    };
    const ini = await readFile('test/fixtures/guide-linux.ini', 'utf8');
    await put('bin/MV_IPTel.ini', ini);
    await put('data/HTTPdata/46xxsettings.txt', 'SET A 1');
    await put('data/HTTPdata/HTTP_allow_IP.txt', '10.1.0.0-10.1.0.9\nnobody knows\n');
    await put('TFTPdata/firmware/a.bin', 'firmware');
    await put('FTPdata/4610data.txt', 'a backup');
    await put('data/HTTPSdata/con.txt', 'no name on Windows');
    await put('certs/IPTelkey.pem', 'key');
    const saved = new Date('2007-05-04T03:02:01Z');
    await utimes(path.join(old, 'FTPdata/4610data.txt'), saved, saved);
    const to = path.join(root, 'new', 'MV_IPTel.ini');

    const first = await config(['import', old, '--to', to, '--data-dir', data, '--json']);
    expect(first.status).toBe(3);
    const { trees } = JSON.parse(first.stdout) as {
      trees: { folder: string; copied: number; left: unknown[]; notes: string[] }[];
    };
    const counts = trees.map(({ folder, copied, left }) => [folder, copied, left.length]);
    expect(counts).toEqual([
      ['TFTPdata', 1, 0],
      ['HTTPdata', 2, 0],
      ['HTTPSdata', 0, 1],
      ['FTPdata', 1, 0],
      ['certs', 1, 0],
    ]);
    expect(trees[1]?.notes).toEqual([expect.stringContaining('HTTP_allow_IP.txt:2:')]);
    const { values } = await loadSettings(to, { env: {} });
    expect(values.http.dir).toBe(path.join(data, 'HTTPdata'));
    const backup = path.join(values.ftp.dir, '4610data.txt');
    expect([await readFile(backup, 'utf8'), (await stat(backup)).mtimeMs]).toEqual([
      'a backup',
      saved.getTime(),
    ]);
    expect(await readFile(values.https.keyFile, 'utf8')).toBe('key');
    // A key is nobody else's business, whatever the old disk allowed.
    expect((await stat(values.https.keyFile)).mode & 0o777).toBe(0o600);

    // Again: nothing is brought twice, and what was changed here is not written over.
    await writeFile(path.join(values.tftp.dir, 'firmware/a.bin'), 'newer firmware');
    const words = ['import', old, '--to', to, '--data-dir', data, '--force', '--json'];
    const again = JSON.parse((await config(words)).stdout) as { trees: { copied: number }[] };
    expect(again.trees.map(({ copied }) => copied)).toEqual([0, 0, 0, 0, 0]);
    expect(await readFile(path.join(values.tftp.dir, 'firmware/a.bin'), 'utf8')).toBe(
      'newer firmware',
    );
  });

  it('refuses a folder that is no old server', async () => {
    const root = await tempTree();
    const { status } = await config(['import', root, '--to', path.join(root, 'new.ini')]);
    expect(status).toBe(2);
  });
});
