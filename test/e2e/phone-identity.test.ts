import { Readable } from 'node:stream';
import { Client } from 'basic-ftp';
import path from 'node:path';
import { expect, it } from 'vitest';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { phoneOf, phoneOf4600, startPhoneAgent } from '../support/phone-agent.ts';
import { command, ServerProcess } from '../support/server-process.ts';
import { settingsFile } from '../support/settings-file.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { webFetch } from '../support/web-fetch.ts';

const community = 'hush-hush';

async function launch(snmpPort: number) {
  const data = path.join(await tempFolder(), 'data');
  const statusPort = await freeTcpPort();
  const config = await settingsFile(
    ...['[Settings]', `DataDir=${data}`, 'BindAddress=127.0.0.1', `StatusPort=${statusPort}`],
    ...['[FTP]', 'FTPPort=0', '[TFTP]', 'RunTrivialFTP=0', '[HTTP]', 'HTTPPort=0'],
    ...['[SNMP]', `Port=${snmpPort}`, `Params= -v2c -c${community}`, 'TimeOut=0.3'],
    ...['CacheSeconds=0', 'FailureSeconds=0'],
  );
  const server = await ServerProcess.start(config);
  const ready = JSON.stringify(server.lines.find(({ msg }) => msg === 'ready'));
  const portOf = (name: string): number =>
    Number(new RegExp(`"name":"${name}"[^}]*"port":(\\d+)`).exec(ready)?.[1]);
  const phones = async (): Promise<unknown> => {
    const { body } = await webFetch(`http://127.0.0.1:${statusPort}`, '/api/v1/phones');
    return JSON.parse(body.toString());
  };
  return { server, config, portOf, phones };
}

async function ftp(port: number): Promise<Client> {
  const client = new Client(10_000);
  await client.access({ host: '127.0.0.1', port });
  return client;
}

const upload = (client: Client, name: string, text: string) =>
  client.uploadFrom(Readable.from([text]), name);

it('a 4600 telephone stores its data by FTP because its own agent says who it is, and is listed', async () => {
  const agent = await startPhoneAgent({ community, objects: phoneOf4600('2001', '4620D01B') });
  const { server, portOf, phones } = await launch(agent.port);
  const client = await ftp(portOf('FTP'));
  await upload(client, '2001_4620data.txt', 'ABKNAME001=Anna\n');
  await expect(upload(client, '2002_4620data.txt', 'x')).rejects.toThrow();
  client.close();
  await expect.poll(phones, { timeout: 5_000 }).toMatchObject({
    total: 1,
    phones: [
      {
        address: '127.0.0.1',
        model: { value: '4620D01B', proven: true },
        family: '4600',
        extension: '2001',
        backupAt: expect.any(String) as string,
        files: expect.arrayContaining([
          expect.objectContaining({ direction: 'upload', outcome: 'done' }),
        ]) as unknown,
      },
    ],
  });
  expect(JSON.stringify(server.lines)).not.toContain(community);
});

it('a telephone that does not answer SNMP stores nothing, and hears so', async () => {
  const agent = await startPhoneAgent({ community, manner: 'silent' });
  const { portOf, server } = await launch(agent.port);
  const client = new Client(10_000);
  await expect(
    client
      .access({ host: '127.0.0.1', port: portOf('FTP') })
      .then(() => upload(client, '2001_4620data.txt', 'x')),
  ).rejects.toThrow(/^5\d\d/);
  client.close();
  expect(agent.questions.length).toBeGreaterThan(0);
  expect(JSON.stringify(server.lines)).not.toContain(community);
});

it('a telephone saves its backup by HTTP with the extension that its agent tells, and no other', async () => {
  const objects = phoneOf('96x0 and 96x1 H.323', '3001', { type: '9608D01A', mac: '00073be12233' });
  const agent = await startPhoneAgent({ community, objects });
  const { config, portOf, phones } = await launch(agent.port);
  const origin = `http://127.0.0.1:${portOf('HTTP')}`;
  const headers = { 'user-agent': 'AVAYA/96x1-IPT-H323-R6_8_5 <b>x</b> (MAC:00073be19999)' };
  const put = (name: string) =>
    webFetch(origin, `/${name}`, { method: 'PUT', body: Buffer.from('x=1\n') });
  expect((await put('3001_96xxdata.txt')).status).toBe(201);
  expect((await put('3002_96xxdata.txt')).status).toBe(403);
  await webFetch(origin, '/46xxsettings.txt', { headers });
  await expect.poll(phones, { timeout: 5_000 }).toMatchObject({
    phones: [
      {
        mac: { value: '00073be12233', proven: true },
        model: { value: '9608D01A', proven: true },
        maker: 'Avaya',
        extension: '3001',
        agent: expect.stringContaining('<b>') as string,
      },
    ],
  });
  const { stdout, status } = await command('phones', '--config', config);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^127\.0\.0\.1 +00073be12233 +9608D01A +H323-R6_8_5\? +3001 /m);
  const { stdout: json } = await command('phones', '--json', '--config', config);
  expect(JSON.parse(json)).toMatchObject({ total: 1, phones: [{ address: '127.0.0.1' }] });
});
