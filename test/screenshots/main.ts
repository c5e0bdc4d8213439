import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { Journal } from '#libs/journal';
import { updatesOf, type DemoSite } from '../../apps/demo/demo-site.ts';
import { buildFirmwareZip } from '../../apps/demo/firmware-set.ts';
import { hubSite } from '../bench/support/joined-branches.ts';
import { signIn } from '../bench/support/manager-visit.ts';
import { browserProgram } from '../support/browser-program.ts';
import { fillFleet } from '../support/filled-fleet.ts';
import { LaunchedServer } from '../support/launched-server.ts';

/**
 * `npm run screenshots [FOLDER [PAGE…]]`: take the pictures of docs/images from a hub with sixty branches, or look at pages
 * in all four sizes and colours, into another folder.
 */
const [into = 'docs/images', ...asked] = process.argv.slice(2);
const looks =
  into === 'docs/images'
    ? ([[1280, 'light']] as const)
    : ([
        [1280, 'light'],
        [1280, 'dark'],
        [380, 'light'],
        [380, 'dark'],
      ] as const);
const shown = asked.length > 0 ? asked : ['overview', 'fleet', 'alarms', 'updates'];

async function hub(folder: string): Promise<DemoSite> {
  const site = await hubSite(folder);
  const text = await readFile(site.config, 'utf8');
  await writeFile(
    site.config,
    text.replace('RunHTTP=0', 'RunHTTP=1').replace('=hub\n', '=Porto\n'),
  );
  await appendFile(site.config, '[MANAGER]\nManagerPort=0\n');
  const target = path.join(updatesOf(site), 'J100-firmware-4.1.3.0.zip');
  await buildFirmwareZip({ target, totalBytes: 3_000_000, files: 30 });
  return site;
}

/** Nine releases, as the branches that are filled in think, and then the branches. */
async function branches(site: DemoSite): Promise<void> {
  const languages = [
    'German',
    'French',
    'Spanish',
    'Italian',
    'Polish',
    'Dutch',
    'Greek',
    'Finnish',
  ];
  for (const language of languages) {
    const file = path.join(updatesOf(site), `Mlf_J179_${language}.xml`);
    await writeFile(file, `<language name="${language}"/>\n`);
    const signed = server.lines.filter(({ msg }) => msg === 'release signed').length;
    for (let waited = 0; waited < 100; waited += 1) {
      if (server.lines.filter(({ msg }) => msg === 'release signed').length > signed) break;
      await sleep(100);
    }
  }
  const journal = new Journal(path.join(site.folder, 'state', 'branchline.db'));
  await fillFleet(journal, 60);
  journal.close();
}

/** Telephones come and fetch. */
async function phones({ httpPort }: DemoSite): Promise<void> {
  for (const [at, model] of ['J179', 'J159', 'J129', '9608', '9641'].entries()) {
    const agent = `AVAYA/LSPD-${model}/4.1.3.0 MAC:c81fea${String(10 + at)}8877`;
    const url = `http://127.0.0.1:${httpPort}/46xxsettings.txt`;
    await fetch(url, { headers: { 'user-agent': agent } }).then((answer) => answer.arrayBuffer());
  }
}

const home = await mkdtemp(path.join(tmpdir(), 'branchline-screenshots-'));
await mkdir(into, { recursive: true });
const site = await hub(path.join(home, 'site'));
const server = await LaunchedServer.launch(site.config);
const manager = await LaunchedServer.launch(site.config, 'manager');
const browser = await chromium.launch({
  executablePath: browserProgram ?? 'chromium',
  args: ['--no-sandbox'],
  env: { ...process.env, HOME: home },
});
try {
  const { link } = await manager.logged((line) => 'link' in line);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await signIn(page, String(link));
  await branches(site);
  await phones(site);
  // The history writes once a minute.
  if (shown.includes('history')) await sleep(70_000);
  for (const [width, colorScheme] of looks) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    for (const name of shown) {
      await page.goto(new URL(name === 'overview' ? '/' : `/${name}`, String(link)).href);
      await page.waitForLoadState('load');
      await sleep(500);
      const suffix = looks.length === 1 ? '' : `-${width}-${colorScheme}`;
      const file = path.join(into, `${name.replaceAll('/', '-')}${suffix}.png`);
      await page.screenshot({ path: file });
      process.stdout.write(`${file}\n`);
    }
  }
} finally {
  await browser.close();
  await manager.stop();
  await server.stop();
  await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
