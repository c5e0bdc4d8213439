import { describe, expect, it, onTestFinished } from 'vitest';
import { Health, Metrics, silentLogger } from '#libs/observe';
import { StatusServer, type Status } from '#libs/pages';
import { browserProgram, openWindow } from '../support/browser.ts';
import { FakeSync } from '../support/fake-sync.ts';
import { branchRelay, hubRelay } from '../support/fake-relay.ts';
import { branchStatus, hubStatus } from '../support/fake-status.ts';
import { complaintsOf } from '../support/page-walk.ts';

async function serving(status: () => Status, refreshS = 1) {
  const sync = new FakeSync();
  const server = new StatusServer({
    address: '127.0.0.1',
    port: 0,
    refreshS,
    source: { status: () => Promise.resolve(status()) },
    sync,
    health: new Health(),
    metrics: new Metrics({ version: '1.4.0' }),
    log: silentLogger(),
    events: { everyMs: 20 },
  });
  await server.start();
  onTestFinished(() => server.stop());
  return { url: `http://127.0.0.1:${String(server.port)}/`, server, sync };
}

describe.skipIf(browserProgram === undefined)('the status page in a browser (chromium)', () => {
  it.each([
    ['hub', 1280, 'light'],
    ['hub', 380, 'dark'],
    ['branch', 1280, 'dark'],
    ['branch', 380, 'light'],
  ] as const)('fits: a %s, %i pixels wide, %s', async (role, width, scheme) => {
    const { url } = await serving(() =>
      role === 'hub'
        ? { ...hubStatus(), relay: hubRelay() }
        : { ...branchStatus(), relay: branchRelay() },
    );
    const tab = await openWindow({ width, scheme });
    const complaints = complaintsOf(tab);
    await tab.goto(url);
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const ground = await tab.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    expect(ground).toBe(scheme === 'dark' ? 'rgb(13, 19, 17)' : 'rgb(243, 245, 243)');
    expect(complaints).toEqual([]);
  });

  it('renews itself without a reload, and keeps focus and scroll', async () => {
    let name = 'porto';
    const { url } = await serving(() => {
      const status = hubStatus();
      const branches = (status.hub?.branches ?? []).map((branch) =>
        branch.name === 'porto' ? { ...branch, name } : branch,
      );
      return { ...status, hub: status.hub && { ...status.hub, branches } };
    });
    const tab = await openWindow({ width: 380 });
    const complaints = complaintsOf(tab);
    await tab.goto(url);
    await tab.evaluate(`
      window.marker = true;
      const box = document.querySelector('#branches .scroll');
      box.focus(); box.scrollLeft = 60;`);
    name = 'oporto';
    await expect
      .poll(() => tab.evaluate(`document.querySelector('#branches tbody th').textContent`), {
        timeout: 10_000,
      })
      .toBe('oporto');
    expect(await tab.evaluate('window.marker')).toBe(true);
    expect(await tab.evaluate(`document.querySelector('#branches .scroll').scrollLeft`)).toBe(60);
    expect(await tab.evaluate(`document.activeElement.getAttribute('aria-label')`)).toBe(
      'Branches',
    );
    expect(complaints).toEqual([]);
  });

  it('moves the bar of a file as the run moves', async () => {
    const { url, sync } = await serving(branchStatus, 60);
    const tab = await openWindow({ width: 1280 });
    await tab.goto(url);
    await expect.poll(() => sync.subscribers).toBe(1);
    const name = '96x1-IPT-SIP-R7_1_15_2.zip';
    const size = 148_200_000;
    let bytes = 0.9 * size;
    await expect
      .poll(
        () => {
          bytes += 1;
          sync.move({
            id: 'r1',
            what: 'updates',
            state: 'running',
            startedAt: 0,
            files: [{ what: 'updates', name, state: 'fetching', bytes, bytesOverall: size }],
          });
          return tab.evaluate(
            `document.querySelector('[data-file="${name}"] .percent').textContent`,
          );
        },
        { timeout: 10_000 },
      )
      .toBe('90 %');
  });

  it('says so when the server no longer answers, and since when', async () => {
    const { url, server } = await serving(hubStatus);
    const tab = await openWindow({ width: 1280 });
    await tab.goto(url);
    expect(await tab.evaluate(`document.getElementById('stale').hidden`)).toBe(true);
    await server.stop();
    await expect
      .poll(() => tab.evaluate(`document.getElementById('stale').hidden`), { timeout: 10_000 })
      .toBe(false);
    expect(await tab.evaluate(`document.getElementById('stale').innerText`)).toMatch(/\d\d?:\d\d/);
  });

  it('reloads itself where scripts are switched off', async () => {
    let asked = 0;
    const { url } = await serving(() => {
      asked += 1;
      return hubStatus();
    });
    const tab = await openWindow({ width: 1280, scripts: false });
    await tab.goto(url);
    await expect.poll(() => asked, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
  });

  it('lets the keyboard skip to what matters', async () => {
    const { url } = await serving(hubStatus);
    const tab = await openWindow({ width: 1280 });
    await tab.goto(url);
    await tab.keyboard.press('Tab');
    expect(await tab.evaluate('document.activeElement.getAttribute("href")')).toBe('#main');
  });
});
