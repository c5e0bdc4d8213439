import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Journal } from '#libs/journal';
import type { DemoSite } from '../../apps/demo/demo-site.ts';
import { fillFleet } from '../support/filled-fleet.ts';
import { LaunchedServer } from '../support/launched-server.ts';
import { ratioOf, type BenchResult, type Figure } from './support/bench-result.ts';
import { hubSite } from './support/joined-branches.ts';
import { browserVisit, type BrowserVisit } from './support/manager-visit.ts';
import { median, percentile, withTempFolder } from './support/measure.ts';
import { pacedLoad } from './support/paced-load.ts';

export const name = 'fleet';
export const caseNames = ['page', 'status'] as const;

const branches = 2_000;
const visits = 20;
/** Telephones that fetch, and how long each part of a round lasts. */
const phonesPerS = 300;
const statusPerS = 100;
const seconds = 5;
const rounds = 4;

export async function run(wanted: readonly string[] = caseNames): Promise<BenchResult[]> {
  return await withTempFolder(async (folder) => {
    const site = await filledSite(folder);
    const server = await LaunchedServer.launch(site.config);
    try {
      return [
        ...(wanted.includes('page') ? [await page(site)] : []),
        ...(wanted.includes('status') ? [await besidePhones(site)] : []),
      ];
    } finally {
      await server.stop();
    }
  });
}

/** A hub with telephones of its own and 2,000 branches in its state. */
async function filledSite(folder: string): Promise<DemoSite> {
  const site = await hubSite(folder);
  const text = await readFile(site.config, 'utf8');
  await writeFile(site.config, text.replace('RunHTTP=0', 'RunHTTP=1'));
  await appendFile(site.config, '[MANAGER]\nManagerPort=0\n');
  const tree = path.join(site.folder, 'data', 'HTTPdata');
  await mkdir(tree, { recursive: true });
  await writeFile(path.join(tree, '46xxsettings.txt'), randomBytes(1024));
  await mkdir(path.join(site.folder, 'state'), { recursive: true });
  const journal = new Journal(path.join(site.folder, 'state', 'branchline.db'));
  await fillFleet(journal, branches);
  journal.close();
  return site;
}

/** What an administrator waits for. */
async function page({ config }: DemoSite): Promise<BenchResult> {
  const manager = await LaunchedServer.launch(config, 'manager');
  try {
    const seen = await browserVisit(manager, '/fleet', visits);
    return {
      title: `The manager's fleet page, ${branches} branches, every answer made anew`,
      command: 'none: chromium without a screen, and a plain client with its session',
      figures: [
        ...firstByte(seen),
        figure('usable in chromium, 95th percentile', percentile(seen.usableMs, 0.95), 1_000),
        figure('usable in chromium, median', median(seen.usableMs)),
      ],
    };
  } finally {
    await manager.stop();
  }
}

function firstByte({ firstByteMs }: BrowserVisit): Figure[] {
  return [
    figure('first byte, 95th percentile', percentile(firstByteMs, 0.95), 300),
    figure('first byte, median', median(firstByteMs)),
  ];
}

const figure = (label: string, value: number, atMost?: number): Figure => ({
  ...{ label, value, unit: 'ms' },
  ...(atMost !== undefined && { limit: { kind: 'at most', value: atMost } }),
});

/** Does a monitor that asks 100 times a second for the status of 2,000 branches slow the telephones? */
async function besidePhones({ httpPort, statusPort }: DemoSite): Promise<BenchResult> {
  const phones = { port: httpPort, path: '/46xxsettings.txt', perSecond: phonesPerS, seconds };
  const status = {
    ...{ port: statusPort, path: '/api/v1/status', perSecond: statusPerS, seconds: seconds + 1 },
  };
  const alone: number[] = [];
  const beside: number[] = [];
  const answers: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const without = await pacedLoad(phones);
    const asked = pacedLoad(status);
    await sleep(500);
    const withStatus = await pacedLoad(phones);
    const took = await asked;
    // The first round warms up.
    if (round === 0) continue;
    alone.push(...without);
    beside.push(...withStatus);
    answers.push(...took);
  }
  const [own, other] = [percentile(beside, 0.99), percentile(alone, 0.99)];
  return {
    title: `1 KiB by HTTP, ${phonesPerS} telephones a second, beside ${statusPerS} questions a second for the status of ${branches} branches`,
    command: 'the same telephones without the questions, in turn',
    figures: [
      figure('99th percentile with the questions', own),
      figure('99th percentile without', other),
      figure('median with the questions', median(beside)),
      figure('median without', median(alone)),
      figure('an answer with the status, 99th percentile', percentile(answers, 0.99)),
    ],
    ratio: ratioOf('with / without, 99th percentile', own, other, 1.2),
  };
}
