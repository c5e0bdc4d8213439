import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { command } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

const words = ['--address', '10.1.0.5/24', '--interface', 'eth0', '--own', '10.1.0.3'];

it.each([
  ['BindAddress=0.0.0.0', 0],
  // Nothing would answer at the pair's address, and keepalived would ask where nobody listens.
  ['BindAddress=10.1.0.3', 10],
  ['RunStatus=0', 10],
])('prints a configuration only where it can work: %s', async (line, status) => {
  const config = path.join(await tempFolder(), 'MV_IPTel.ini');
  await writeFile(config, `[Settings]\nDataDir=data\n${line}\n`);
  const answer = await command(
    'ha',
    'keepalived',
    ...words,
    '--peer',
    '10.1.0.4',
    '--config',
    config,
  );
  expect([answer.status, answer.stdout.includes('vrrp_instance')]).toEqual([status, status === 0]);
});
