import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Compile } from 'typebox/schema';
import { expect, it } from 'vitest';
import { historySchema } from '#libs/pages';
import { ServerProcess } from '../support/server-process.ts';
import { settingsFile } from '../support/settings-file.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { webFetch } from '../support/web-fetch.ts';

const answers = Compile(historySchema);

async function server(): Promise<{ config: string }> {
  const data = path.join(await tempFolder(), 'data');
  await mkdir(path.join(data, 'HTTPdata'), { recursive: true });
  await writeFile(path.join(data, 'HTTPdata', '46xxsettings.txt'), '## settings\n');
  const config = await settingsFile(
    ...['[Settings]', `DataDir=${data}`, 'BindAddress=127.0.0.1', 'StatusPort=0'],
    ...['[FTP]', 'RunFTP=0', '[TFTP]', 'RunTrivialFTP=0', '[HTTP]', 'HTTPPort=0'],
    ...['[HTTPS]', 'RunHTTPS=0'],
  );
  return { config };
}

const originOf = (process: ServerProcess, name: string): string => {
  const ready = JSON.stringify(process.lines.find(({ msg }) => msg === 'ready'));
  const [, port] = new RegExp(`"name":"${name}"[^}]*"port":(\\d+)`).exec(ready) ?? [];
  return `http://127.0.0.1:${port}`;
};

async function transfers(process: ServerProcess, step: number): Promise<Record<string, number>> {
  const url = `${originOf(process, 'Status')}/api/v1/history?series=transfers&step=${step}`;
  const body: unknown = await (await fetch(url)).json();
  if (!answers.Check(body)) throw new Error('not a history');
  return Object.fromEntries(
    body.lines.map(({ label, values }) => [
      label,
      values.reduce((a: number, b) => a + (b ?? 0), 0),
    ]),
  );
}

const agent = 'AVAYA/J179-4.1.3.0.6 <script>alert(1)</script> (MAC:c81fea83e85a)';

it('what was served is still known after restarts, and counted once', async () => {
  const { config } = await server();
  const files = ['46xxsettings.txt', '46xxsettings.txt', 'J100Supgrade.txt'];
  let running = await ServerProcess.start(config);
  for (const name of files) {
    const headers = { 'user-agent': agent };
    await webFetch(originOf(running, 'HTTP'), `/${name}`, { headers });
  }
  expect(await transfers(running, 300)).toEqual({});
  expect(await running.stop()).toBe(0);

  running = await ServerProcess.start(config);
  const once = { 'http done': 2, 'http refused': 1 };
  expect(await transfers(running, 300)).toEqual(once);
  await webFetch(originOf(running, 'HTTP'), '/46xxsettings.txt');
  expect(await running.stop()).toBe(0);

  running = await ServerProcess.start(config);
  for (const step of [300, 3_600, 86_400]) {
    expect(await transfers(running, step), String(step)).toEqual({ ...once, 'http done': 3 });
  }
  const base = `${originOf(running, 'Status')}/api/v1/history`;
  for (const query of [
    ...['', '?series=passwords', '?series=transfers&step=60', '?series=transfers&from=yesterday'],
    ...['?series=transfers&from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z'],
    ...['?series=transfers&step=300&from=1970-01-01T00:00:00Z'],
  ]) {
    const response = await fetch(`${base}${query}`);
    expect([query, response.status]).toEqual([query, 400]);
    expect(await response.json()).toMatchObject({ code: 'USAGE' });
  }
});
