import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { buildFirmwareZip } from '../../apps/demo/firmware-set.ts';
import { browserProgram } from '../support/browser.ts';
import { LaunchedServer } from '../support/launched-server.ts';
import { enter } from '../support/manager.ts';
import { hasClient, isRoot } from '../support/real-client.ts';
import { sha256 } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { machinesOnSwitch, type Machine } from '../support/machines.ts';

const able = isRoot() && browserProgram !== undefined && hasClient('ip') && hasClient('curl');

/** Start the manager on a machine that has nothing yet, and sign in by the link that it prints. */
async function begin(machine: Machine, folder: string, page: Page): Promise<void> {
  const config = path.join(folder, 'MV_IPTel.ini');
  await mkdir(folder);
  const manager = await LaunchedServer.launch(config, 'manager', {
    on: machine.on,
    args: ['--with-server'],
  });
  onTestFinished(async () => {
    await manager.stop();
  });
  const { link } = await manager.logged((line) => 'link' in line);
  await enter(page, { link: String(link).replace('localhost', machine.address) });
}

async function visit(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

async function restart(page: Page): Promise<void> {
  await visit(page, 'Services');
  await page.getByRole('button', { name: /Restart/ }).click();
  await page.getByText('is being restarted').waitFor();
  await visit(page, 'Overview');
  await page.getByText('Open ports').waitFor({ timeout: 60_000 });
}

it.skipIf(!able)(
  'goes from two empty machines to firmware on the telephones of a branch, in the browser alone (root, chromium, ip, curl)',
  async () => {
    const folder = await tempFolder();
    const [hub, branch] = await machinesOnSwitch(2);
    if (hub === undefined || branch === undefined) throw new Error('no machines');
    const browser = await chromium.launch({
      executablePath: await branch.program(browserProgram ?? ''),
      args: ['--no-sandbox'],
      env: { ...process.env, HOME: folder },
    });
    onTestFinished(() => browser.close());
    const window = async (): Promise<Page> => {
      const page = await (
        await browser.newContext({ viewport: { width: 1280, height: 900 } })
      ).newPage();
      page.setDefaultTimeout(60_000);
      return page;
    };
    const [atHub, atBranch] = [await window(), await window()];
    await begin(hub, path.join(folder, 'hub'), atHub);
    await begin(branch, path.join(folder, 'branch'), atBranch);

    // Head office: a hub, and an invitation.
    await visit(atHub, 'Join');
    await atHub.getByLabel(/^Host name or IP address/).fill(hub.address);
    await atHub.getByRole('button', { name: 'Make it a hub' }).click();
    await restart(atHub);
    await visit(atHub, 'Join');
    await atHub.getByLabel('Name of the branch').fill('lisbon');
    await atHub.getByRole('button', { name: 'Make an invitation' }).click();
    const line = await atHub.getByLabel(/^Paste it at lisbon/).inputValue();

    // The branch joins, and takes over what it now is.
    await visit(atBranch, 'Join');
    await atBranch.getByLabel(/^The line that the hub made/).fill(line);
    await atBranch.getByRole('button', { name: 'Join it' }).click();
    await atBranch.getByText(`Joined ${hub.address}`).waitFor();
    await restart(atBranch);

    // Firmware: uploaded, looked into, published.
    const zip = path.join(folder, 'j100.zip');
    const files = await buildFirmwareZip({ target: zip, totalBytes: 3_000_000, files: 20 });
    await visit(atHub, 'Updates');
    await atHub.getByLabel(/^Zip from the maker/).setInputFiles(zip);
    await atHub.getByRole('button', { name: /^Upload/ }).click();
    await atHub.getByRole('button', { name: /^Publish/ }).click();
    await visit(atHub, 'Fleet');
    await atHub
      .getByRole('row', { name: /lisbon/ })
      .getByText('in sync')
      .waitFor();

    // A telephone at the branch.
    for (const { name, sha256: digest } of files) {
      const { status, stdout } = await branch.run('curl', '-sf', `http://127.0.0.1/${name}`);
      expect([name, status, sha256(stdout)]).toEqual([name, 0, digest]);
    }
    // Nobody has opened a file: what is in the settings came from the pages.
    const settings = await readFile(path.join(folder, 'branch', 'MV_IPTel.ini'), 'utf8');
    expect(settings).toContain(`PrimaryIP=${hub.address}`);
  },
);
