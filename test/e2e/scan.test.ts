import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { phoneOf } from '../support/phone-agent.ts';
import { scannedPhones } from '../support/scan-rig.ts';
import { ServerProcess } from '../support/server-process.ts';
import { joinedSites, mustRun, statusWhen } from '../support/site.ts';
import { plant } from '../support/temp-tree.ts';

it('head office knows what the telephones of a branch run, once the branch has scanned and checked in', async () => {
  const j179 = (extension: string, firmware: string) => ({
    objects: phoneOf('J100 and 96x1 SIP', extension, { type: 'J179D02A', firmware }),
  });
  const { port } = await scannedPhones(j179('2001', '4.0.9.0.1'), j179('2002', '4.1.3.0.6'));
  const { hub, branch } = await joinedSites();
  await appendFile(branch.config, `[SNMP]\nPort=${port}\nTimeOut=0.2\nRetries=0\n`);
  const script = 'SET APPNAME FW_S_J179_R4_1_3_0_6.bin\n';
  await plant(path.join(branch.folder, 'data'), { 'HTTPSdata/J100Supgrade.txt': script });
  await mustRun('scan', '127.31.0.1-127.31.0.3', '--config', branch.config);
  await ServerProcess.start(branch.config);
  const status = await statusWhen(hub, ({ hub: seen }) => seen?.branches[0]?.scan !== undefined);
  expect(status.hub?.branches).toMatchObject([
    {
      name: 'lisbon',
      scan: {
        ...{ asked: 3, phones: 2, behind: 1, current: 1, silent: 1, failed: 0 },
        versions: [{ phones: 1 }, { phones: 1 }],
      },
    },
  ]);
});
