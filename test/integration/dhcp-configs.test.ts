import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Client } from '../support/clients.ts';
import { command } from '../support/launched-server.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { settingsFile } from '../support/settings-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

const checks = [
  { kind: 'dnsmasq', client: 'dnsmasq', args: (file: string) => ['--test', `--conf-file=${file}`] },
  { kind: 'kea', client: 'kea-dhcp4', args: (file: string) => ['-t', file] },
  { kind: 'isc', client: 'dhcpd', args: (file: string) => ['-t', '-cf', file] },
] as const satisfies readonly {
  kind: string;
  client: Client;
  args: (file: string) => readonly string[];
}[];

const hostile = [
  '[Settings]',
  'ServerName=x";}] */ dhcp-option=6,6.6.6.6 \\',
  'IPAddress=192.168.42.1',
  '[HTTPS]',
  'RunHTTPS=1',
  'OldTLSPort=411',
];
const network = [
  ...['--subnet', '192.168.42.0/24', '--range', '192.168.42.100-192.168.42.200'],
  ...['--router', '192.168.42.1', '--dns', '192.168.42.2,192.168.42.3', '--lease', '3600'],
];

for (const { kind, client, args } of checks) {
  it.skipIf(!hasClient(client))(`${client} takes what is printed for it (${client})`, async () => {
    const config = await settingsFile(...hostile);
    const file = path.join(await tempFolder(), 'printed.conf');
    for (const more of [[], network]) {
      const { status, stdout, stderr } = await command('dhcp', kind, ...more, '--config', config);
      expect([stderr, status]).toEqual(['', 0]);
      await writeFile(file, stdout);
      const checked = await runClient(client, args(file));
      expect([checked.stderr.match(/error.*/gi) ?? [], checked.status]).toEqual([[], 0]);
    }
    await writeFile(file, 'dhcp-option=;{ "Dhcp4": [');
    expect((await runClient(client, args(file))).status).not.toBe(0);
  });
}
