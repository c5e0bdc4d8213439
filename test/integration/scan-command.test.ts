import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { expect, it, onTestFinished } from 'vitest';
import { scannedPhoneSchema, scanViewSchema, type ScanView } from '#libs/scan';
import { phoneOf } from '../support/phone-agent.ts';
import { scannedPhones } from '../support/scan-rig.ts';
import { scanSite, scanToken } from '../support/scan-site.ts';
import { branchline, command, ServerProcess } from '../support/server-process.ts';
import { plant } from '../support/temp-tree.ts';

const reportShape = Type.Object({
  scan: Type.Object({ id: Type.String(), state: Type.String() }),
  phones: Type.Array(scannedPhoneSchema),
});

const listShape = Type.Object({ scans: Type.Array(scanViewSchema) });

const j179 = (extension: string, firmware: string) => ({
  objects: phoneOf('J100 and 96x1 SIP', extension, { type: 'J179D02A', firmware }),
});

it('scans by itself where no server runs: for people, as CSV, as JSON, and what was before', async () => {
  const { port } = await scannedPhones(j179('2001', '4.0.9.0.1'), j179('2002', '4.1.3.0.6'));
  const { config, folder } = await scanSite(port);
  const scan = (...words: string[]) => command('scan', ...words, '--config', config);
  const text = await scan('127.31.0.1', '127.31.0.3');
  expect(text).toMatchObject({ status: 0, stderr: 'scanning\n' });
  expect(text.stdout.split('\n')[0]).toBe(
    '1 phone is behind, 1 did not answer, 1 runs what this server offers',
  );
  expect(text.stdout).toMatch(/^127\.31\.0\.1 {2}J179D02A {2}2001 .*4\.0\.9\.0\.1 {2}FW_S_J179/m);
  await plant(folder, { 'floor2.txt': '# second floor\n127.31.0.2 127.31.0.2\n' });
  const csv = await scan('floor2.txt', '--csv');
  expect([csv.status, csv.stdout.split('\r\n').length]).toEqual([0, 3]);
  expect(csv.stdout).toContain('\r\n127.31.0.2,phone,J100 and 96x1 SIP,J179D02A,2002,');
  const json = await scan('127.31.0.1-127.31.0.3', '--json');
  const { scan: view, phones } = Value.Parse(reportShape, JSON.parse(json.stdout));
  expect([view.state, phones.map(({ outcome }) => outcome)]).toEqual([
    ...['done', ['phone', 'phone', 'silent']],
  ]);
  const scans = await historyOf(config);
  expect(scans.map(({ askedBy, summary }) => [askedBy, summary.asked])).toEqual([
    ...[3, 1, 3].map((asked) => ['command', asked]),
  ]);
  expect((await readdir(folder)).filter((name) => name.startsWith('scan_'))).toHaveLength(12);
});

it('has the running server scan, which tells the same', async () => {
  const { port } = await scannedPhones(j179('2001', '4.0.9.0.1'));
  const { config, statusPort } = await scanSite(port);
  await ServerProcess.start(config);
  const { status, stdout } = await command('scan', '127.31.0.1-127.31.0.2', '--config', config);
  expect([status, stdout.split('\n')[0]]).toEqual([0, '1 phone is behind, 1 did not answer']);
  const ask = async (place: string, init: RequestInit = {}): Promise<Response> =>
    await fetch(`http://127.0.0.1:${statusPort}/api/v1/scans${place}`, {
      headers: { authorization: `Bearer ${scanToken}` },
      ...init,
    });
  const { scans } = Value.Parse(listShape, await (await ask('')).json());
  expect(scans).toMatchObject([{ askedBy: 'api', state: 'done', summary: { behind: 1 } }]);
  const id = scans[0]?.id ?? '';
  const places = [
    ...['', `/${id}`, `/${id}/phones`, `/${id}/report?format=csv`],
    ...['?what=127.31.0.1', `/${id}/cancel`],
  ];
  for (const [index, place] of places.entries()) {
    const refused = await ask(place, { headers: {}, method: index < 4 ? 'GET' : 'POST' });
    expect([place, refused.status]).toEqual([place, 401]);
  }
  const behind = await ask(`/${id}/phones?show=behind&text=j179&limit=1`);
  expect(await behind.json()).toMatchObject({ total: 1, phones: [{ address: '127.31.0.1' }] });
  const report = await ask(`/${id}/report?format=json`);
  expect(report.headers.get('content-disposition')).toMatch(
    /^attachment; filename="scan_.*\.json"$/,
  );
  expect(Value.Parse(reportShape, await report.json()).phones).toHaveLength(2);
  const refusals = await Promise.all([
    ask('?what=10.0.0.0/8', { method: 'POST' }),
    ask('?what=../b.ini', { method: 'POST' }),
    ask('?what=nothing.txt', { method: 'POST' }),
    ask('/none'),
    ask('/none/cancel', { method: 'POST' }),
    ask(`/${id}/report?format=exe`),
  ]);
  expect(refusals.map((response) => response.status)).toEqual([400, 403, 404, 404, 404, 400]);
});

it.each([
  [2, 'SCAN_TOO_LARGE', ['127.31.0.1-127.31.0.3', '--max', '2']],
  [2, 'SCAN_RANGE_INVALID', ['no-such-file']],
])('ends with %i %s and asks nobody: %j', async (status, code, words) => {
  const { port, agents } = await scannedPhones({});
  const { config } = await scanSite(port);
  const result = await command('scan', ...words, '--config', config);
  expect(result.status).toBe(status);
  expect(result.stderr).toContain(code);
  expect(agents[0]?.questions).toEqual([]);
});

it('is cancelled by Ctrl-C, and tells what has answered', async () => {
  const { port, agents } = await scannedPhones({});
  const { config, folder } = await scanSite(
    port,
    '[SCAN]',
    'AtOnce=2',
    '[Settings]',
    'RunStatus=0',
  );
  const words = ['scan', '127.31.0.1-127.31.3.0', '--csv', '--config', config];
  const child = spawn(branchline, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  await expect.poll(() => agents[0]?.questions.length).toBe(2);
  // Asked is not heard: on a busy machine its answer may still be on the way.
  await expect
    .poll(async () => (await historyOf(config))[0])
    .toMatchObject({ state: 'running', summary: { phones: 1 } });
  child.kill('SIGINT');
  await once(child, 'close');
  expect(child.exitCode).toBe(130);
  expect(stdout).toContain('\r\n127.31.0.1,phone,');
  expect(stdout.split('\r\n').length).toBeLessThan(100);
  const names = await readdir(folder);
  const summary = names.find((name) => name.endsWith('_summary.txt')) ?? '';
  expect(await readFile(path.join(folder, summary), 'utf8')).toContain('cancelled');
});

it('that is killed leaves whole files, and what had answered', async () => {
  const { port, agents } = await scannedPhones(j179('2001', '4.0.9.0.1'));
  const { config, folder } = await scanSite(
    port,
    '[SCAN]',
    'AtOnce=2',
    '[Settings]',
    'RunStatus=0',
  );
  await command('scan', '127.31.0.1', '--config', config);
  const before = await contentsOf(folder);
  const words = ['scan', '127.31.0.1-127.31.3.0', '--config', config];
  const child = spawn(branchline, words, { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(() => agents[0]?.questions.length).toBe(4);
  // Its first answer is written down half a second later, with one that comes then.
  await expect
    .poll(async () => (await historyOf(config))[0])
    .toMatchObject({ state: 'running', summary: { phones: 1 } });
  const beside = await command('scan', '127.31.0.1', '--config', config);
  expect([beside.status, beside.stderr]).toEqual([13, expect.stringContaining('ALREADY_RUNNING')]);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await contentsOf(folder)).toEqual(before);
  const [last] = await historyOf(config);
  expect(last).toMatchObject({ state: 'failed', code: 'INTERRUPTED', summary: { phones: 1 } });
});

async function historyOf(config: string): Promise<readonly ScanView[]> {
  const { stdout } = await command('scan', '--json', '--config', config);
  return Value.Parse(listShape, JSON.parse(stdout)).scans;
}

async function contentsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).toSorted();
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const),
    ),
  );
}
