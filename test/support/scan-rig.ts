import path from 'node:path';
import { onTestFinished } from 'vitest';
import { TreeDelivery } from '#libs/delivery';
import { Journal, ScansTable } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { ScanFolder, Scans, type ScansOptions } from '#libs/scan';
import { CommunityClient } from '#libs/snmp';
import { startPhoneAgent, type PhoneAgent, type PhoneAgentOptions } from './phone-agent.ts';
import { plant, tempTree, type Contents } from './temp-tree.ts';

/** Scripts that lead a J179 to 4.1.3.0.6 and a 9608 to 6.8502. */
export const scanScripts: Contents = {
  'HTTPdata/J100Supgrade.txt':
    'IF $MODEL4 SEQ J179 GOTO J179\nGOTO END\n# J179\nSET APPNAME FW_S_J179_R4_1_3_0_6.bin\n# END\nGET 46xxsettings.txt\n',
  'HTTPdata/96x1Hupgrade.txt':
    'IF $SIG SEQ 2 GOTO SIP\nIF $MODEL4 SEQ 9608 GOTO P\n# SIP\nGOTO END\n# P\nSET APPNAME S9608_11HALBR6_8_5_02_V4r83.tar\n# END\nGET 46xxsettings.txt\n',
  'HTTPdata/46xxsettings.txt': 'SET SITE lisbon\nGET $MACADDR.txt\n',
  'HTTPdata/FW_S_J179_R4_1_3_0_6.bin': 'firmware',
};

export interface ScanRig {
  readonly scans: Scans;
  readonly table: ScansTable;
  readonly root: string;
  readonly folder: string;
}

/** Scans of one server without its other parts, over a tree of scripts. */
export async function scanRig(
  port: number,
  options: Partial<ScansOptions> & { readonly files?: Contents; readonly timeoutMs?: number } = {},
): Promise<ScanRig> {
  const { files = scanScripts, timeoutMs = 200, ...others } = options;
  const root = await tempTree();
  await plant(root, files);
  const folder = path.join(root, 'Scan');
  const journal = new Journal(path.join(root, 'branchline.db'));
  const table = new ScansTable(journal);
  const scans = new Scans({
    table,
    folder: new ScanFolder({ folder, keep: 3 }),
    delivery: new TreeDelivery({
      trees: { HTTP: path.join(root, 'HTTPdata') },
      cacheBytes: 1_000_000,
    }),
    trees: ['HTTP'],
    server: 'lisbon',
    newReader: () =>
      new CommunityClient({ version: '2c', community: 'public', port, timeoutMs, tries: 2 }),
    objects: {
      extension: '1.3.6.1.4.1.6889.2.69.1.4.9.0',
      type: '1.3.6.1.4.1.6889.2.69.1.1.2.0',
      chosen: false,
    },
    maxCount: 1_000,
    atOnce: 1_000,
    perSecond: 4_000,
    clock: systemClock,
    log: silentLogger(),
    ...others,
  });
  await scans.start();
  onTestFinished(async () => {
    await scans.stop();
    journal.close();
  });
  return { scans, table, root, folder };
}

/** Telephones at 127.31.0.1 and on, all on one port. */
export async function scannedPhones(
  ...phones: readonly PhoneAgentOptions[]
): Promise<{ port: number; agents: PhoneAgent[] }> {
  const agents: PhoneAgent[] = [];
  for (const [index, options] of phones.entries()) {
    const port = agents[0]?.port ?? 0;
    agents.push(await startPhoneAgent({ address: `127.31.0.${index + 1}`, port, ...options }));
  }
  return { port: agents[0]?.port ?? 0, agents };
}
