import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { Check } from 'typebox/value';
import { reportWatchdog } from '#libs/alarms';
import { readAudit } from '#libs/audit';
import { alarmListSchema, type AlarmList } from '#libs/pages';
import { demoSite } from '../../apps/demo/demo-site.ts';
import { startWebhook } from '../support/alarm-receivers.ts';
import { command } from '../support/launched-server.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Told {
  readonly event: string;
  readonly condition: string | null;
}

it('raises once over a kill, tells its receiver, is muted with an end and says all of it by command and API', async () => {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  const { url, posted } = await startWebhook();
  await appendFile(site.config, `[ALARMS]\nWebhookURL=${url}\n`);
  const state = path.join(site.folder, 'state');
  const told = (): string[] =>
    posted.map(({ body }) => {
      const { event, condition } = JSON.parse(body) as Told;
      return `${event} ${condition ?? ''}`.trim();
    });
  const api = async (): Promise<AlarmList> => {
    const response = await fetch(`http://127.0.0.1:${site.statusPort}/api/v1/alarms`);
    const list: unknown = await response.json();
    if (!Check(alarmListSchema, list)) throw new Error(JSON.stringify(list));
    return list;
  };
  const alarms = (...args: string[]) => command('alarms', ...args, '--config', site.config);

  const first = await ServerProcess.start(site.config);
  await reportWatchdog(state, {
    firedAt: new Date().toISOString(),
    reason: 'It was silent.',
    action: 'It was restarted.',
  });
  await first.kill();

  const second = await ServerProcess.start(site.config);
  await vi.waitUntil(() => told().includes('raised watchdog-fired'), { timeout: 15_000 });
  // Killed before it has written down that this was taken, it would have to tell it once more.
  await vi.waitUntil(async () => (await api()).receivers.every(({ waiting }) => waiting === 0), {
    timeout: 15_000,
  });
  await second.kill();

  await ServerProcess.start(site.config);
  const [alarm, ...others] = (await api()).active;
  expect(others).toEqual([]);
  expect(alarm).toMatchObject({ condition: 'watchdog-fired', severity: 'critical', muted: false });

  const listed = await alarms('list');
  expect(listed).toMatchObject({ status: 0 });
  expect(listed.stdout).toContain('It was silent.');
  const id = String(alarm?.id);
  expect(await alarms('mute', id, '--for', '31d')).toMatchObject({ status: 2 });
  const muted = await alarms('mute', id, '--for', '2h', '--json');
  expect(JSON.parse(muted.stdout)).toMatchObject({ condition: 'watchdog-fired', by: 'operator' });
  const [mute] = (await api()).mutes;
  expect((await api()).active[0]?.muted).toBe(true);
  expect(await alarms('unmute', String(mute?.id))).toMatchObject({ status: 0 });
  const tested = await alarms('test', 'webhook');
  expect(tested).toMatchObject({ status: 0 });
  expect(tested.stdout).toContain('taken with HTTP 204');
  await vi.waitUntil(() => told().includes('mute-ended watchdog-fired'), { timeout: 10_000 });
  // Once, over two kills and all looks since.
  expect(told().toSorted()).toEqual(['mute-ended watchdog-fired', 'raised watchdog-fired', 'test']);

  const commands = ['test', 'mute?minutes=5', 'unmute?mute=1'];
  for (const path of commands) {
    const response = await fetch(`http://127.0.0.1:${site.statusPort}/api/v1/alarms/${path}`, {
      method: 'POST',
    });
    expect([path, response.status]).toEqual([path, 401]);
  }
  const metrics = await (await fetch(`http://127.0.0.1:${site.statusPort}/metrics`)).text();
  expect(metrics).toContain('branchline_alarms_active{condition="watchdog-fired"} 1');
  expect(metrics).toContain('branchline_alarms_active{condition="disk-alarm"} 0');
  const fits = ({ kind }: { kind: string }): boolean => kind === 'alarm';
  const audited = await readAudit(path.join(state, 'audit'), { since: 0, fits, limit: 10 });
  expect(audited.map(({ act, by }) => [act, by])).toEqual([
    ['muted', 'operator'],
    ['unmuted', 'operator'],
  ]);
}, 60_000);
