import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { command, LaunchedServer } from '../support/launched-server.ts';
import { machinesOnSwitch } from '../support/machines.ts';
import { findClient, hasClient, isRoot } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const programs = ['ip', 'dnsmasq', 'busybox', 'curl'] as const;
const able = isRoot() && programs.every(hasClient);

/** What udhcpc was told: numbers of options that it has no name for, with their bytes. */
function told(environment: string): ReadonlyMap<string, string> {
  return new Map(
    environment.split('\n').map((line): [string, string] => {
      const [name = '', ...value] = line.split('=');
      return [name, value.join('=')];
    }),
  );
}

const textOf = (hex = ''): string => Buffer.from(hex, 'hex').toString('latin1');

/** `NAME=value,NAME=value` as telephones read it: what has no `=` belongs to the list before it. */
const settingsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/([A-Z]+)=([^=]*?)(?=,[A-Z]+=|$)/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );

it.skipIf(!able)(
  'a telephone gets its options from dnsmasq as printed, and its files from where they say (ip, dnsmasq, busybox, curl, root)',
  async () => {
    const [server, phone] = await machinesOnSwitch(2);
    if (server === undefined || phone === undefined) throw new Error('two were asked for');
    const folder = await tempFolder();
    const [config, printed] = [
      path.join(folder, 'MV_IPTel.ini'),
      path.join(folder, 'dnsmasq.conf'),
    ];
    await writeFile(
      config,
      [
        '[Settings]',
        'ServerName=a "b"; c',
        `IPAddress=${server.address}`,
        'DataDir=data',
        '[FTP]',
        'RunFTP=0',
        '[HTTP]',
        'HTTPPort=81,80',
        '[HTTPS]',
        'RunHTTPS=0',
        '',
      ].join('\n'),
    );
    for (const tree of ['TFTPdata', 'HTTPdata']) {
      await mkdir(path.join(folder, 'data', tree), { recursive: true });
      await writeFile(path.join(folder, 'data', tree, '46xxsettings.txt'), `SET ${tree} 1\n`);
    }
    const subnet = [
      '--subnet',
      '192.0.2.0/24',
      '--router',
      server.address,
      '--call-server',
      '10.0.0.1,10.0.0.2',
    ];
    const { status, stdout } = await command('dhcp', 'dnsmasq', ...subnet, '--config', config);
    expect(status).toBe(0);
    await writeFile(printed, `port=0\nbind-interfaces\nuser=root\n${stdout}`);

    const branch = await LaunchedServer.launch(config, 'serve', { on: server.on });
    onTestFinished(() => branch.kill());
    const dnsmasq = spawn(
      server.on,
      [
        ...[findClient('dnsmasq') ?? '', '--keep-in-foreground', '--pid-file='],
        ...[`--conf-file=${printed}`, `--dhcp-leasefile=${path.join(folder, 'leases')}`],
      ],
      { stdio: 'ignore' },
    );
    onTestFinished(() => void dnsmasq.kill('SIGKILL'));
    // A telephone that has just been unpacked.
    await phone.run('ip', 'address', 'flush', 'dev', 'eth0');

    const [script, facts] = [path.join(folder, 'bound.sh'), path.join(folder, 'facts')];
    const lines = [
      '#!/bin/sh',
      '[ "$1" = bound ] || exit 0',
      'ip address add "$ip/$mask" dev "$interface"',
      `env > ${facts}`,
      '',
    ];
    await writeFile(script, lines.join('\n'), { mode: 0o755 });
    const asked = ['tftp', '150', '176', '242'].flatMap((option) => ['-O', option]);
    const lease = await phone.run(
      ...(['busybox', 'udhcpc', '-i', 'eth0', '-s', script] as const),
      ...['-q', '-n', '-t', '20', '-T', '1', ...asked],
    );
    expect(lease.status).toBe(0);

    const options = told(await readFile(facts, 'utf8'));
    expect(options.get('tftp')).toBe(server.address);
    expect(options.get('opt150')).toBe('c0000201');
    expect(textOf(options.get('opt176'))).toBe(
      `MCIPADD=10.0.0.1,10.0.0.2,TFTPSRVR=${server.address},HTTPSRVR=${server.address},HTTPPORT=80`,
    );
    const settings = settingsOf(textOf(options.get('opt242')));
    expect(settings.get('MCIPADD')).toBe('10.0.0.1,10.0.0.2');

    const url = `http://${settings.get('HTTPSRVR') ?? ''}:${settings.get('HTTPPORT') ?? ''}`;
    const byWeb = await phone.run('curl', '-sS', `${url}/46xxsettings.txt`);
    expect(byWeb.stdout.toString()).toBe('SET HTTPdata 1\n');
    const byTftp = await phone.run(
      ...['busybox', 'tftp', '-g', '-r', '46xxsettings.txt', '-l', '-'],
      ...[options.get('tftp') ?? '', '69'],
    );
    expect(byTftp.stdout.toString()).toBe('SET TFTPdata 1\n');
  },
);
