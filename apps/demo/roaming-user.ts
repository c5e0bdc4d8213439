import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BranchlineError } from '#libs/errors';
import { ifThere } from '#libs/files';
import { ServerClient } from '../server/server-client.ts';
import { loadPlan } from '../server/compose.ts';
import type { DemoSite } from './demo-site.ts';
import { downloadFrom, saveTo } from './phone.ts';

/** One leg of a backup's way, as it was seen. */
export interface RoamingStep {
  readonly at: string;
  readonly did: string;
  readonly ms: number;
}

const extension = '4711';
const name = `${extension}_96xxdata.txt`;
const patienceMs = 30_000;

// What a telephone shows: its call server's address and the password that it registers with.
const proof = `Basic ${Buffer.from('192.0.2.10:demo-4711').toString('base64')}`;

const data = Buffer.from(
  [
    'ABKNAME001=Ana Sousa',
    'ABKNUMBER001=4712',
    'ABKNAME002=Rui Lopes',
    'ABKNUMBER002=4713',
    'Redial=1',
    'Call Timer=0',
    'Personalized Ring=3',
  ]
    .map((line) => `${line}\r\n`)
    .join(''),
);

/**
 * A user's telephone saves at one branch, the backup goes up to the hub, and the telephone that he logs in at elsewhere
 * gets the same bytes. Each step is checked before it is told.
 * @throws BranchlineError when one of them fails.
 */
export async function roam(
  hub: DemoSite,
  home: DemoSite,
  away: DemoSite,
  tell: (step: RoamingStep) => void,
): Promise<void> {
  const step = async (at: string, did: string, work: () => Promise<void>): Promise<void> => {
    const start = performance.now();
    await work();
    tell({ at, did, ms: performance.now() - start });
  };
  await step(home.name, `HTTPS PUT ${name}: 201 Created`, async () => {
    const status = await saveTo(urlAt(home), data, proof);
    if (status === 201) return;
    throw new BranchlineError('INTERNAL', `${home.name} answered ${status} to PUT ${name}`);
  });
  const kept = path.join('Backup', home.name, 'HTTPbackup', name);
  await step(hub.name, `${kept}: here after "sync now"`, () =>
    sendUp(home, path.join(hub.folder, 'data', kept)),
  );
  await step(away.name, `HTTPS GET ${name}: was not here, came from ${hub.name}`, async () => {
    if ((await there(copyAt(away))) !== undefined) {
      throw new BranchlineError('INTERNAL', `${away.name} had ${name} before it was asked for`);
    }
    const got = await downloadFrom(urlAt(away), proof);
    mustEqual(got, `what ${away.name} gives as ${name}`);
    mustEqual(await there(copyAt(away)), `what ${away.name} keeps as ${name}`);
  });
}

/** "Sync now" at the branch until the backup is at the hub: it goes up once it has stood still for two seconds. */
async function sendUp(branch: DemoSite, atHub: string): Promise<void> {
  const client = await ServerClient.open(await loadPlan(branch.config));
  const start = performance.now();
  while (performance.now() - start < patienceMs) {
    const run = await client.follow(await client.sync('backup'), () => undefined);
    if (run.state !== 'done') {
      throw new BranchlineError('PARTLY_DONE', `${branch.name}: ${run.message ?? run.state}`);
    }
    const kept = await there(atHub);
    if (kept !== undefined) {
      mustEqual(kept, atHub);
      return;
    }
    await sleep(100);
  }
  throw new BranchlineError(
    'PEER_TOO_SLOW',
    `the backup of ${branch.name} was not at the hub after ${patienceMs / 1_000} s`,
  );
}

function mustEqual(bytes: Buffer | undefined, what: string): void {
  if (bytes?.equals(data) === true) return;
  throw new BranchlineError('DIGEST_MISMATCH', `${what} is not what the telephone saved`);
}

const there = async (file: string): Promise<Buffer | undefined> => await ifThere(readFile(file));

const urlAt = ({ httpsPort }: DemoSite): string => `https://127.0.0.1:${httpsPort}/${name}`;
const copyAt = ({ folder }: DemoSite): string => path.join(folder, 'data', 'HTTPbackup', name);
