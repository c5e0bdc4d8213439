import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Check } from 'typebox/value';
import { expect, it, onTestFinished } from 'vitest';
import { watchdogStatusSchema, type WatchdogStatus } from '#libs/watchdog';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { LaunchedServer } from '../support/launched-server.ts';
import { notifySocket } from '../support/notify-socket.ts';
import { hasClient } from '../support/real-client.ts';
import { command } from '../support/server-process.ts';
import { setLine } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

const second = ['WatchDogTimer=1', 'CheckSeconds=1', 'StatusPort=0', 'BindAddress=127.0.0.1'];

/** The settings of a watchdog beside those of a site, and what its script has noted. */
async function watchdogBeside({ folder }: DemoSite, ...lines: string[]) {
  const config = path.join(folder, 'MV_WatchDog.ini');
  const notes = path.join(folder, 'notes');
  await writeFile(config, ['[Settings]', ...second, ...lines, ''].join('\n'));
  const script = `#!/bin/sh\necho "$WATCHDOG_NAME|$WATCHDOG_SERVERS" >> "${notes}"\n`;
  await writeFile(path.join(folder, 'mv_ipstel_alert.sh'), script, { mode: 0o755 });
  return { config, notes: () => readFile(notes, 'utf8').catch(() => '') };
}

async function startWatchdog(config: string): Promise<{
  readonly base: string;
  readonly process: LaunchedServer;
  readonly status: () => Promise<WatchdogStatus>;
}> {
  const process = await LaunchedServer.launch(config, 'watchdog');
  onTestFinished(() => process.kill());
  const { port } = await process.logged(({ msg }) => msg === 'ready');
  const base = `http://127.0.0.1:${String(port)}`;
  const status = async (): Promise<WatchdogStatus> => {
    const told: unknown = await (await fetch(`${base}/api/v1/watchdog`)).json();
    if (Check(watchdogStatusSchema, told)) return told;
    throw new Error(`the watchdog has a status of another shape: ${JSON.stringify(told)}`);
  };
  return { base, process, status };
}

it.skipIf(!hasClient('python3'))(
  'finds what runs; a hung event loop is noticed by the watchdog, and by systemd (python3)',
  async () => {
    const site = await demoSite(await tempFolder(), 'lisbon <b>', false);
    await setLine(site, 'RunFTP', '1\nFTPPort=0\nFTPDataPort=0');
    await setLine(site, 'HTTPSPort', '0');
    const systemd = await notifySocket();
    const hanging = await LaunchedServer.run(
      process.execPath,
      ['-C', 'source', 'test/support/hanging-server.ts', site.config],
      { NOTIFY_SOCKET: systemd.path, WATCHDOG_USEC: '500000' },
    );
    onTestFinished(() => hanging.kill());
    const { config, notes } = await watchdogBeside(site, 'FailureLimit=3');
    const { base, process: watchdog, status } = await startWatchdog(config);
    await expect
      .poll(async () =>
        (await status()).servers.map(({ protocol, state }) => `${protocol} ${state}`).toSorted(),
      )
      .toEqual(['ftp arrives', 'http arrives', 'https arrives', 'tftp arrives']);
    const pings = (): number => systemd.told.filter((line) => line.includes('WATCHDOG=1')).length;
    expect(systemd.told.some((line) => line.includes('READY=1'))).toBe(true);
    await expect.poll(pings).toBeGreaterThan(1);
    expect(await command('watchdog', 'check', '--json', '--config', config)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"sensedBy":"status page","trouble":null') as string,
    });
    expect(await notes()).toBe('');

    process.kill(hanging.pid, 'SIGUSR2');
    await expect
      .poll(async () => (await status()).servers.some(({ missed }) => missed > 0))
      .toBe(true);
    const before = pings();
    await expect.poll(async () => (await status()).alerts.length).toBeGreaterThan(0);
    // Seconds later: more than one of its half seconds has gone by without a ping.
    expect(pings()).toBe(before);
    await expect.poll(notes).toMatch(/^lisbon <b>\|(?:(?:ftp|http|https|tftp):\d+ ?)+$/m);

    const fired = path.join(site.folder, 'state', 'watchdog-fired.json');
    // Written once the script has ended; a later alert replaces it.
    await expect
      .poll(async () => {
        const report = JSON.parse(await readFile(fired, 'utf8')) as { readonly firedAt: unknown };
        const { firedAt, ...rest } = report;
        return { ...rest, isLast: firedAt === (await status()).alerts.at(-1)?.at };
      })
      .toEqual({
        isLast: true,
        reason: expect.stringContaining('in time') as string,
        action: 'mv_ipstel_alert.sh was run.',
      });

    const page = await fetch(base);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await page.text();
    expect(text).toContain('lisbon &lt;b&gt;');
    expect(text).toContain('http-equiv="refresh" content="10"');
    expect(text).toContain('PEER_TOO_SLOW');
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toMatch(/^branchline_watchdog_alerts 1$/m);
    const refused = await fetch(`${base}/api/v1/watchdog`, { method: 'POST' });
    expect(refused.status).toBe(404);
    expect(await watchdog.stop()).toBe(0);
  },
);
