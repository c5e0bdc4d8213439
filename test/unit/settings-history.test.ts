import { writeFileSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { SettingsFile, textDiff, type DiffLine } from '#libs/settings';
import { plant, tempTree } from '../support/temp-tree.ts';

const alice = { by: 'alice', why: 'test' };

async function rig(text: string): Promise<{ file: string; kept: string; settings: SettingsFile }> {
  const folder = await tempTree();
  await plant(folder, { 'etc/branchline.ini': text });
  const file = path.join(folder, 'etc/branchline.ini');
  const env = { BRANCHLINE_SETTINGS_STATEDIR: path.join(folder, 'state') };
  const settings = new SettingsFile({ file, env, now: () => 1_000 });
  return { file, kept: path.join(folder, 'state/settings-history'), settings };
}

const changes = (lines: readonly DiffLine[]): string[] =>
  lines.flatMap((line) => {
    if (line.kind === 'added') return [`+${line.text}`];
    return line.kind === 'removed' ? [`-${line.text}`] : [];
  });

it('keeps what a change replaces, with who, when and why, for nobody else to read', async () => {
  const { file, kept, settings } = await rig('[HTTP]\n# first port\nHTTPPort=81\n');
  const before = await readFile(file);
  await settings.change({ 'HTTP/HTTPPort': '8081' }, alice);
  const versions = await settings.history();
  expect(versions).toMatchObject([
    { number: 1, by: 'somebody', why: 'as it was found' },
    { number: 2, by: 'alice', why: 'test', at: 1_000 },
  ]);
  expect(await readFile(path.join(kept, '000001.ini'))).toEqual(before);
  expect((await stat(kept)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(kept)) {
    expect((await stat(path.join(kept, name))).mode & 0o777).toBe(0o600);
  }
});

it('notices what an editor wrote, once', async () => {
  const { file, settings } = await rig('[HTTP]\nHTTPPort=81\n');
  await settings.history();
  await writeFile(file, '[HTTP]\nHTTPPort=82\n');
  await settings.history();
  const versions = await settings.history();
  expect(versions.map(({ why }) => why)).toEqual(['as it was found', 'edited by hand']);
  expect(changes(await settings.diff(1, 2))).toEqual(['-HTTPPort=81', '+HTTPPort=82']);
});

it('brings an earlier version back to the byte, as a new one', async () => {
  const { file, settings } = await rig('; mine\r\n[HTTP]\r\nhttpport = 81\r\n');
  const before = await readFile(file);
  await settings.change({ 'HTTP/HTTPPort': '8081' }, alice);
  expect(await settings.undo(1, { by: 'bob', why: 'undo' })).toBe(true);
  expect(await readFile(file)).toEqual(before);
  expect((await settings.history()).at(-1)).toMatchObject({ number: 3, by: 'bob' });
});

it('brings back no version that a server would not start from', async () => {
  const { file, settings } = await rig('[HTTP]\nHTTPPort=x\n');
  await settings.change({ 'HTTP/HTTPPort': '81' }, alice);
  const before = await readFile(file);
  await expect(settings.undo(1, alice)).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    faults: [{ key: 'HTTPPort' }],
  });
  await expect(settings.undo(7, alice)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await readFile(file)).toEqual(before);
});

it('changes nothing when the new text cannot be kept', async () => {
  const { file, kept, settings } = await rig('[HTTP]\nHTTPPort=81\n');
  await settings.history();
  // In the way of the second version.
  await mkdir(path.join(kept, '000002.ini'));
  await expect(settings.change({ 'HTTP/HTTPPort': '82' }, alice)).rejects.toMatchObject({
    code: 'WRITE_FAILED',
  });
  expect(await readFile(file, 'utf8')).toBe('[HTTP]\nHTTPPort=81\n');
});

it('keeps no text that the file never had', async () => {
  const rigged = await rig('[HTTP]\nHTTPPort=81\n');
  const { file } = rigged;
  const env = { BRANCHLINE_SETTINGS_STATEDIR: path.dirname(rigged.kept) };
  const settings = new SettingsFile({
    ...{ file, env },
    // An editor, at the last moment.
    now: () => {
      writeFileSync(file, '[HTTP]\nHTTPPort=83\n');
      return 1_000;
    },
  });
  await expect(settings.change({ 'HTTP/HTTPPort': '82' }, alice)).rejects.toMatchObject({
    code: 'SETTINGS_CHANGED',
  });
  const versions = await settings.history();
  expect(versions.map(({ why }) => why)).toEqual(['as it was found', 'edited by hand']);
});

it('refuses a change to a file that is not the one that was shown', async () => {
  const { file, settings } = await rig('[HTTP]\nHTTPPort=81\n');
  const shown = (await settings.read()).version;
  await writeFile(file, '[HTTP]\nHTTPPort=82\n');
  await expect(
    settings.change({ 'HTTP/HTTPPort': '83' }, { ...alice, shown }),
  ).rejects.toMatchObject({ code: 'SETTINGS_CHANGED' });
  expect(await readFile(file, 'utf8')).toBe('[HTTP]\nHTTPPort=82\n');
});

it('loses no change of several at once', async () => {
  const { file, settings } = await rig('[HTTP]\n');
  await Promise.all([
    settings.change({ 'HTTP/HTTPPort': '8081' }, alice),
    settings.change({ 'HTTPS/HTTPSPort': '8411' }, alice),
    settings.change({ 'TFTP/TrivialFTPPort': '6969' }, alice),
  ]);
  const text = await readFile(file, 'utf8');
  expect(text.match(/8081|8411|6969/g)).toHaveLength(3);
  expect(await settings.history()).toHaveLength(4);
});

it('changes the file that a link points to, and leaves the link', async () => {
  const { file, settings } = await rig('[HTTP]\nHTTPPort=81\n');
  const link = path.join(path.dirname(file), 'link.ini');
  await symlink(file, link);
  const env = { BRANCHLINE_SETTINGS_STATEDIR: await tempTree() };
  const linked = new SettingsFile({ file: link, env, now: () => 0 });
  await linked.change({ 'HTTP/HTTPPort': '82' }, alice);
  expect((await settings.read()).text).toBe('[HTTP]\nHTTPPort=82\n');
});

it('passes over a version that another program removes meanwhile', async () => {
  const { kept, settings } = await rig('[HTTP]\nHTTPPort=81\n');
  await settings.history();
  await symlink(path.join(kept, 'gone'), path.join(kept, '000000.json'));
  expect(await settings.history()).toHaveLength(1);
});

it.skipIf(process.geteuid?.() !== 0)(
  "gives the server's user what root has made for it, and no folder that was there (root)",
  async () => {
    const { kept, settings } = await rig('[HTTP]\nHTTPPort=81\n');
    await mkdir(kept, { recursive: true });
    await chown(kept, 4242, 4242);
    await settings.history();
    const uids = ['.', '000001.ini', '..'].map(
      async (name) => (await stat(path.join(kept, name))).uid,
    );
    expect(await Promise.all(uids)).toEqual([4242, 4242, 0]);
  },
);

it('keeps a hundred versions', { timeout: 30_000 }, async () => {
  const { kept, settings } = await rig('[HTTP]\nHTTPPort=8001\n');
  for (let port = 8002; port <= 8103; port += 1) {
    await settings.change({ 'HTTP/HTTPPort': String(port) }, alice);
  }
  const versions = await settings.history();
  expect([versions.length, versions[0]?.number, versions.at(-1)?.number]).toEqual([100, 4, 103]);
  expect(await readdir(kept)).toHaveLength(200);
});

it('tells two settings files apart that name one StateDir', async () => {
  const { file, kept, settings } = await rig('[HTTP]\nHTTPPort=81\n');
  await settings.history();
  const env = { BRANCHLINE_SETTINGS_STATEDIR: path.dirname(kept) };
  const elsewhere = path.join(path.dirname(file), 'other.ini');
  await writeFile(elsewhere, '[HTTP]\nHTTPPort=91\n');
  const other = new SettingsFile({ file: elsewhere, env, now: () => 0 });
  expect((await other.history()).map(({ number }) => number)).toEqual([2]);
  await expect(settings.undo(2, alice)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect((await settings.history()).map(({ number }) => number)).toEqual([1]);
});

it('passes over what a crash left half written', async () => {
  const { kept, settings } = await rig('[HTTP]\nHTTPPort=81\n');
  await settings.change({ 'HTTP/HTTPPort': '82' }, alice);
  await writeFile(path.join(kept, '000003.ini'), 'half');
  await writeFile(path.join(kept, '000002.json'), '{');
  await settings.change({ 'HTTP/HTTPPort': '83' }, alice);
  const numbers = (await settings.history()).map(({ number }) => number);
  expect(numbers).toEqual([1, 2, 3]);
});

it('shows that a secret changed, and never which', () => {
  const text = (secret: string): string =>
    [
      '[FTP]',
      `SUPassword=${secret}`,
      `#SUPassword=${secret}`,
      `; the suserpwd: SUPassword ${secret}`,
      `SUPasword=${secret}`,
      '[SNMP]',
      `Params=-v2c -c${secret}`,
      '[Nobody]',
      `Password=${secret}`,
    ].join('\n');
  const lines = textDiff(text('oldSecret'), text('newSecret'));
  expect(JSON.stringify(lines)).not.toMatch(/oldSecret|newSecret/);
  expect(changes(lines).filter((line) => line.startsWith('+'))).toHaveLength(6);
});

it('names lines that came, went and stayed', () => {
  const old = ['[HTTP]', 'a=1', 'b=2', 'c=3', 'd=4', 'e=5', 'f=6', 'g=7', 'h=8'].join('\n');
  const fresh = ['[HTTP]', 'a=1', 'x=0', 'b=2', 'd=4', 'e=5', 'f=6', 'g=7', 'h=9'].join('\r\n');
  expect(textDiff(old, fresh)).toEqual([
    { kind: 'same', text: '[HTTP]' },
    { kind: 'same', text: 'a=1' },
    { kind: 'added', text: 'x=0' },
    { kind: 'same', text: 'b=2' },
    { kind: 'removed', text: 'c=3' },
    { kind: 'same', text: 'd=4' },
    { kind: 'same', text: 'e=5' },
    { kind: 'same', text: 'f=6' },
    { kind: 'same', text: 'g=7' },
    { kind: 'removed', text: 'h=8' },
    { kind: 'added', text: 'h=9' },
  ]);
  expect(textDiff(old, old)).toEqual([{ kind: 'gap', lines: 9 }]);
});

it('compares texts of very many lines without working long', () => {
  const lines = (word: string): string =>
    Array.from({ length: 20_000 }, (_, n) => `${word}${n}`).join('\n');
  const before = performance.now();
  expect(textDiff(lines('a'), lines('b'))).toHaveLength(40_000);
  expect(performance.now() - before).toBeLessThan(5_000);
});
