import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { phoneObjects } from '#libs/phones';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';
import { scanScripts } from '../../support/scan-rig.ts';

const data = '/var/lib/branchline/data';
const j100 = phoneObjects.find(({ families }) => families.includes('J100'));

/** Settings of a real agent that answers as a J179 does which runs this firmware. */
const agent = (address: string, firmware: string): string =>
  [
    `agentaddress udp:${address}:161`,
    'rocommunity public',
    `sysobjectid .${j100?.system ?? ''}.1`,
    `override .${j100?.type ?? ''} octet_str "J179D02A"`,
    `override .${j100?.firmware ?? ''} octet_str "${firmware}"`,
    '',
  ].join('\n');

follow('docs/how-to/scan.md', ['snmpd'], async (page) => {
  const server = await InstalledMachine.make();
  // Every address of that network answers on this machine; at two of them is a telephone.
  await server.must('ip address add 192.168.0.0/24 dev lo; mkdir /root/agents');
  const phones = {
    '192.168.0.7': 'FW_S_J179_R4_0_0_0_21.bin',
    '192.168.0.9': 'FW_S_J179_R4_1_3_0_6.bin',
  };
  for (const [address, firmware] of Object.entries(phones)) {
    await writeFile(server.file(`/root/agents/${address}`), agent(address, firmware));
    await server.must(`snmpd -C -c /root/agents/${address} -p /run/snmpd-${address} -Lf /dev/null`);
  }
  for (const [name, text] of Object.entries(scanScripts)) {
    const file = server.file(path.join(data, name));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await mkdir(server.file(`${data}/Scan`));
  await writeFile(
    server.file(`${data}/Scan/floor2.txt`),
    '# the second floor\n192.168.0.7 192.168.0.8\n',
  );
  await server.must('chown -R branchline: /var/lib/branchline; systemctl start branchline');

  const said = await page.run(server, 'branchline scan');
  expect(said).toContain('1 phone is behind');
  await page.settle(server, 'Ranges=');
  await server.must('systemctl restart branchline');
});
