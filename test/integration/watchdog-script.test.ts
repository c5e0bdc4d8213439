import { readFileSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { loggerInto, silentLogger } from '#libs/observe';
import { AlertScript } from '#libs/watchdog';
import { tempFolder } from '../support/temp-folder.ts';
import { scriptOf } from '../support/watchdog-rig.ts';

const scriptIn = (file: string | undefined, limitMs = 10_000): AlertScript =>
  new AlertScript({ file, limitMs, log: silentLogger() });

it('is told the facts in its environment, and nothing in them is a command or a second line', async () => {
  const folder = await tempFolder();
  const hostile = `$(touch ${folder}/a) \`touch ${folder}/b\`; touch ${folder}/c\nTIME=x\u0000 "'`;
  const told = path.join(folder, 'told');
  const file = await scriptOf(`printf '%s' "$WATCHDOG_NAME" > ${told}`, `env > ${folder}/env`);
  process.env['BRANCHLINE_SETTINGS_APITOKEN'] = 'secret-of-the-server';
  const end = await scriptIn(file).run({ NAME: hostile, SERVERS: 'tftp:69' });
  delete process.env['BRANCHLINE_SETTINGS_APITOKEN'];
  expect(end.outcome).toBe('done');
  expect(await readFile(told, 'utf8')).toBe(hostile.replace(/\p{Cc}+/gu, ' '));
  const environment = await readFile(path.join(folder, 'env'), 'utf8');
  expect(environment).toContain('WATCHDOG_SERVERS=tftp:69\n');
  expect(environment).not.toContain('secret-of-the-server');
  expect(environment).not.toMatch(/^TIME=/m);
});

it('what it says stands in the log, and how it ended', async () => {
  const lines: Record<string, unknown>[] = [];
  const log = loggerInto('info', {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const file = await scriptOf('echo restarting', 'echo no such unit >&2', 'exit 5');
  const end = await new AlertScript({ file, limitMs: 10_000, log }).run({});
  expect(end.outcome).toBe('failed');
  expect(end.sentence).toContain('5');
  expect(lines.map(({ line }) => line)).toEqual(
    expect.arrayContaining(['restarting', 'no such unit']),
  );
  expect(lines.map(({ code }) => code)).toContain('ALERT_SCRIPT_FAILED');
});

it('one that does not end is killed with all that it has started', async () => {
  const pids = path.join(await tempFolder(), 'pids');
  const file = await scriptOf('sleep 600 &', `echo $! > ${pids}`, 'wait');
  const end = await scriptIn(file, 300).run({});
  expect(end.outcome).toBe('failed');
  const child = Number(await readFile(pids, 'utf8'));
  await expect.poll(() => isRunning(child)).toBe(false);
});

it('never runs twice at a time', async () => {
  const notes = path.join(await tempFolder(), 'notes');
  const script = scriptIn(
    await scriptOf(`echo begin >> ${notes}; sleep 0.1; echo end >> ${notes}`),
  );
  await Promise.all([script.run({}), script.run({}), script.run({})]);
  const said = (await readFile(notes, 'utf8')).trim().split('\n');
  expect(said).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end']);
});

it('what it leaves running is not waited for', async () => {
  const file = await scriptOf('sleep 3 &', 'exit 0');
  const startedAt = performance.now();
  expect((await scriptIn(file).run({})).outcome).toBe('done');
  expect(performance.now() - startedAt).toBeLessThan(2_500);
});

it('is refused when it is not there, no program, or everybody may change it', async () => {
  expect(await scriptIn(undefined).run({})).toMatchObject({ outcome: 'no script' });
  const file = await scriptOf('exit 0');
  expect(await scriptIn(`${file}x`).run({})).toMatchObject({ outcome: 'failed' });
  expect(await scriptIn(path.dirname(file)).run({})).toMatchObject({ outcome: 'failed' });
  await chmod(file, 0o757);
  expect(await scriptIn(file).run({})).toMatchObject({ outcome: 'failed' });
  await chmod(file, 0o755);
  expect(await scriptIn(file).run({})).toMatchObject({ outcome: 'done' });
  await writeFile(file, 'no interpreter and no program');
  expect(await scriptIn(file).run({})).toMatchObject({ outcome: 'failed' });
});

it('the shipped one is understood by the shell, and says what it cannot do without systemd', async () => {
  const shipped = path.resolve('packaging/watchdog/mv_ipstel_alert.sh');
  const copy = await scriptOf();
  await writeFile(
    copy,
    (await readFile(shipped, 'utf8')).replace('/run/systemd/system', '/nowhere'),
  );
  const facts = { SERVERS: 'tftp:69', REASON: 'silent', ALERTS: '1' };
  expect((await scriptIn(copy).run(facts)).outcome).toBe('failed');
  // With a systemctl that says what it is asked for.
  const said = path.join(path.dirname(copy), 'said');
  const systemctl = path.join(path.dirname(copy), 'systemctl');
  const stub = (state: string): string => `#!/bin/sh\necho "$*" >> ${said}\necho ${state}\n`;
  await writeFile(copy, (await readFile(shipped, 'utf8')).replace('/run/systemd/system', '/'));
  const usual = process.env['PATH'] ?? '';
  process.env['PATH'] = `${path.dirname(copy)}:${usual}`;
  try {
    await writeFile(systemctl, stub('inactive'), { mode: 0o755 });
    expect((await scriptIn(copy).run(facts)).outcome).toBe('done');
    expect(await readFile(said, 'utf8')).toBe('is-active branchline.service\n');
    await writeFile(systemctl, stub('failed'));
    expect((await scriptIn(copy).run(facts)).outcome).toBe('done');
    expect(await readFile(said, 'utf8')).toMatch(/restart branchline\.service\n$/);
  } finally {
    process.env['PATH'] = usual;
  }
});

/** One that nobody has asked for its end yet has ended all the same. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

it('one with the line ends of Windows is not run, and said to be so', async () => {
  const file = await scriptOf('exit 0');
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll('\n', '\r\n'));
  const end = await scriptIn(file).run({});
  expect(end.outcome).toBe('failed');
  expect(end.sentence).toContain('line ends of Windows');
});
