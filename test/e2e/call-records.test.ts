import { appendFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { CdrSwitch } from '../support/cdr-switch.ts';
import { ServerProcess } from '../support/server-process.ts';
import { joinedSites, mustRun, setLine, statusWhen } from '../support/site.ts';

/** Files that those see who read the folder, with their bytes. */
async function textsIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const texts = names.map(
    async (name) => [name, await readFile(path.join(folder, name), 'latin1')] as const,
  );
  return new Map(await Promise.all(texts));
}

it('brings records from the switch to the collector, each once, also when the branch is killed in a burst', async () => {
  const { hub, branch, hubProcess } = await joinedSites();
  await hubProcess.stop();
  await setLine(hub, 'FileServer', '1\nCDRBackup=1');
  await setLine(branch, 'RequestUpdates', '1\nCDRBackup=1');
  const port = await freeTcpPort();
  const lines = ['RunLink=1', `LinkPort=${String(port)}`, 'LinkPeers=127.0.0.1', 'CutKB=20'];
  await appendFile(branch.config, `[CDR]\n${lines.join('\n')}\n`);
  await ServerProcess.start(hub.config);
  const first = await ServerProcess.start(branch.config);
  const source = new CdrSwitch({ port, format: 'unformatted', dateRecord: true, retryMs: 100 });
  onTestFinished(() => source.stop());
  source.start();
  let calls = 0;
  const burst = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      source.call(`${String(calls).padStart(6, '0')} 0915 0042 7 4711 0035112345678 9 001`);
      calls += 1;
    }
  };
  burst(2000);
  await source.drained();
  const before = await statusWhen(branch, ({ intakes }) => intakes[0]?.recordsToday === 2001);
  expect(before.intakes).toMatchObject([{ connected: [{ from: '127.0.0.1' }], trouble: null }]);

  // In the middle of the next burst; what the first one stored is on the disk whatever happens.
  burst(5000);
  const safe = await statusWhen(branch, ({ intakes }) => (intakes[0]?.recordsToday ?? 0) > 2001);
  await first.kill();
  await ServerProcess.start(branch.config);
  burst(1000);
  await source.drained();
  await statusWhen(branch, ({ intakes }) => (intakes[0]?.records ?? 0) > 1000);
  // It disconnects: the open file is closed, and all of them can go up.
  await source.stop();
  await statusWhen(branch, ({ intakes }) => intakes[0]?.connected.length === 0);
  await sleep(2_100);
  await mustRun('sync', 'cdr', '--config', branch.config);

  const collected = await textsIn(path.join(branch.folder, 'data', 'CDRdata'));
  const delivered = path.join(hub.folder, 'data', 'CDRdata');
  await statusWhen(
    hub,
    ({ relay }) =>
      relay?.incoming[0]?.delivered === collected.size && relay.incoming[0].waiting === 0,
  );
  expect(await textsIn(delivered)).toEqual(collected);
  // Of each connection: what it sent, to the byte; of the killed one a beginning of it.
  const all = [...collected.values()].join('');
  const pieces = all.split(/(?<=\r\n\0\0\0)/);
  const numbers = pieces.map((piece) => piece.slice(0, 6)).filter((text) => /^\d{6}$/.test(text));
  expect(new Set(numbers).size).toBe(numbers.length);
  const [killed = '', ...rest] = source.sent;
  const sentLater = rest
    .join('')
    .split(/(?<=\r\n\0\0\0)/)
    .filter((text) => text !== '');
  for (const piece of sentLater) expect(pieces).toContain(piece);
  const ofKilled = pieces.filter((piece) => killed.includes(piece) && piece.length > 20);
  expect(ofKilled.length).toBeGreaterThanOrEqual((safe.intakes[0]?.recordsToday ?? 0) - 1);
  expect(killed.startsWith(`1126\r\n\0\0\0${ofKilled.toSorted().join('')}`)).toBe(true);
});
