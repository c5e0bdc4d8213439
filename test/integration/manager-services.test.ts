import { access, chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SingleInstance, SystemdUnits } from '#libs/lifecycle';
import { demoSite } from '../../apps/demo/demo-site.ts';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { ServiceControl } from '../../apps/manager/service-control.ts';
import {
  signedIn,
  startManager,
  startManagerWithServer,
  type Visitor,
} from '../support/manager.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** The text of the services page once it says `wanted`. */
async function services(visitor: Visitor, wanted: RegExp): Promise<string> {
  for (;;) {
    const page = await (await visitor.get('/services')).text();
    if (wanted.test(page)) return page;
    await sleep(100);
  }
}

const pidIn = (page: string): number => Number(/Process (\d+)\./.exec(page)?.[1]);

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('makes a settings file, keeps the server running, and takes it along at its end', async () => {
  const config = path.join(await tempFolder(), 'etc', 'MV_IPTel.ini');
  const off = Object.fromEntries(
    ['FTP_RUNFTP', 'HTTP_RUNHTTP', 'TFTP_RUNTRIVIALFTP'].map((key) => [`BRANCHLINE_${key}`, '0']),
  );
  const statusPort = String(await freeTcpPort());
  const manager = await startManagerWithServer(config, {
    ...off,
    BRANCHLINE_SETTINGS_BINDADDRESS: '127.0.0.1',
    BRANCHLINE_SETTINGS_STATUSPORT: statusPort,
  });
  await access(config);
  const ada = await signedIn(manager);
  const first = pidIn(await services(ada, /Its status port answers/));

  // It ends by itself: it is started again.
  process.kill(first, 'SIGKILL');
  const again = await services(ada, /started again 1 times[^]*Its status port answers/);
  expect(pidIn(again)).not.toBe(first);

  expect((await ada.send('/services/server/stop', {})).status).toBe(403);
  expect((await ada.post('/services/server/stop', {}, '/services/server/stop')).status).toBe(303);
  await services(ada, />stopped</);
  expect(isAlive(pidIn(again))).toBe(false);
  expect((await ada.post('/services/server/stop', {}, '/account')).status).toBe(502);
  expect((await ada.post('/services/server/start', {}, '/services')).status).toBe(303);
  const third = pidIn(await services(ada, /Its status port answers/));

  // A change of the settings counts after a restart, and the page says so.
  await writeFile(config, `${await readFile(config, 'utf8')}StatusRefresh=7\n`);
  await services(ada, /changed since the server started/);
  expect((await ada.post('/services/server/restart', {}, '/services')).status).toBe(303);
  const last = pidIn(await services(ada, /^(?![^]*changed since)[^]*Its status port answers/));
  expect([isAlive(third), isAlive(last)]).toEqual([false, true]);

  expect(await manager.process.stop()).toBe(0);
  expect(isAlive(last)).toBe(false);
});

it('says what to run where nobody may start or stop the server', async () => {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  const manager = await startManager(site);
  const ada = await signedIn(manager);
  const down = await services(ada, /not running/);
  expect(down).toContain(`branchline serve --config ${site.config}`);
  expect(down).not.toContain('action="/services');
  const server = await ServerProcess.start(site.config);
  const up = await services(ada, />running</);
  expect([pidIn(up), up.includes(`kill ${server.pid}\n`)]).toEqual([server.pid, true]);
  expect((await ada.post('/services/server/restart', {}, '/account')).status).toBe(502);
  expect((await ada.post('/services/nobody/restart', {}, '/account')).status).toBe(404);
  expect((await ada.post('/services/server/explode', {}, '/account')).status).toBe(404);
});

it('comes up with settings that no server starts from, and names their faults', async () => {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  await writeFile(site.config, `${await readFile(site.config, 'utf8')}[HUB]\nHubPort=x\n`);
  const ada = await signedIn(await startManager(site));
  await services(ada, /The settings have faults/);
});

interface Rig {
  readonly control: ServiceControl;
  readonly stateDir: string;
  readonly asked: () => Promise<string[]>;
}

/** A stand-in for systemctl that notes what it is asked, and answers `said`. */
async function fakeSystemd(said: readonly string[], exit = 0): Promise<Rig> {
  const folder = await tempFolder();
  const [log, command] = [path.join(folder, 'log'), path.join(folder, 'systemctl')];
  const answer = exit === 0 ? `cat <<'END'\n${said.join('\n')}\nEND` : `echo '${said.join()}' >&2`;
  await writeFile(command, `#!/bin/sh\necho "$@" >> '${log}'\n${answer}\nexit ${exit}\n`);
  await chmod(command, 0o755);
  const systemd = new SystemdUnits({ marker: folder, command, timeoutMs: 2_000 });
  const control = new ServiceControl({
    config: 'x.ini',
    stateDir: () => Promise.resolve(folder),
    answers: () => Promise.resolve(true),
    systemd,
    child: undefined,
  });
  const asked = async (): Promise<string[]> => (await readFile(log, 'utf8')).trim().split('\n');
  return { control, stateDir: folder, asked };
}

it('tells how systemd sees the server, and passes on what is asked', async () => {
  const { control, asked } = await fakeSystemd([
    ...['LoadState=loaded', 'ActiveState=active', 'SubState=running', 'Result=success'],
    ...['MainPID=4242', 'NRestarts=2', 'StateChangeTimestampMonotonic=1000000'],
  ]);
  const [server, watchdog] = await control.look();
  expect(server).toMatchObject({
    ...{ id: 'server', tone: 'ok', state: 'active (running)' },
    ...{ acts: ['restart', 'stop'], instead: undefined },
  });
  expect(server?.facts).toContain('Process 4242.');
  expect(watchdog).toMatchObject({ id: 'watchdog' });
  await control.act('server', 'restart');
  await control.act('watchdog', 'stop');
  const acts = (await asked()).filter((line) => !line.includes(' show '));
  expect(acts).toEqual([
    '--no-block --no-ask-password restart -- branchline.service',
    '--no-block --no-ask-password stop -- branchline-watchdog.service',
  ]);
});

it.each([
  ['failed', ['start'], 'failed'],
  ['inactive', ['start'], 'off'],
  ['activating', ['restart', 'stop'], 'busy'],
])('a unit that is %s can be told to %j', async (active, acts, tone) => {
  const { control } = await fakeSystemd(['LoadState=loaded', `ActiveState=${active}`]);
  expect((await control.look())[0]).toMatchObject({ acts, tone });
});

it("gives systemd's own words when it refuses", async () => {
  const { control } = await fakeSystemd(['Interactive authentication required.'], 1);
  await expect(control.look()).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
  await expect(control.act('server', 'stop')).rejects.toThrow('Interactive authentication');
});

it('shows a server that systemd did not start as what it is', async () => {
  const unit = ['LoadState=loaded', 'ActiveState=inactive', 'MainPID=0'];
  const { control, stateDir } = await fakeSystemd(unit);
  expect((await control.look())[0]).toMatchObject({ acts: ['start'] });
  const holder = new SingleInstance(stateDir);
  await holder.start();
  expect(await SingleInstance.holderOf(stateDir)).toBe(process.pid);
  expect((await control.look())[0]).toMatchObject({ acts: [], state: 'running' });
  await holder.stop();
  expect(await SingleInstance.holderOf(stateDir)).toBeUndefined();
  expect(await SingleInstance.holderOf(path.join(stateDir, 'nowhere'))).toBeUndefined();
});
