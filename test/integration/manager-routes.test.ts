import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { openApiToken } from '../../apps/server/api-token.ts';
import { addressOf, allPages, managerHere, type ManagerHere } from '../support/manager-here.ts';
import { administrator, Visitor } from '../support/manager.ts';
import { tempFolder } from '../support/temp-folder.ts';

let site: DemoSite;
let manager: ManagerHere;

beforeEach(async () => {
  site = await demoSite(await tempFolder(), 'lisbon', true);
  manager = await managerHere({ pages: await allPages(site) });
});

/** Every route with every method; pages that come later are among them. */
const addresses = (filter: { open: boolean }) =>
  manager.server.routes
    .filter(({ open }) => open === filter.open)
    .map(({ method, url }) => ({ method, path: addressOf(url) }));

async function ask(
  { method, path: at }: { method: string; path: string },
  headers: Record<string, string> = {},
  body?: string,
): Promise<Response> {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  return await fetch(`${manager.base}${at}`, {
    ...{ method, redirect: 'manual', headers: { ...(body !== undefined && form), ...headers } },
    body: ['GET', 'HEAD'].includes(method) ? null : (body ?? ''),
    signal: AbortSignal.timeout(10_000),
  });
}

/** A few at a time: an address has so many connections. */
async function askAll(
  all: readonly { method: string; path: string }[],
  as: readonly Record<string, string>[],
): Promise<Response[]> {
  const left = all.flatMap((address) => as.map((headers) => ({ address, headers })));
  const answers: Response[] = [];
  const next = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      answers.push(await ask(one.address, one.headers));
    }
  };
  await Promise.all(Array.from({ length: 10 }, next));
  return answers;
}

it('opens nothing to strangers but the sign-in, its one-time link and its assets', () => {
  const open = addresses({ open: true }).filter(({ method }) => method !== 'HEAD');
  expect(open.map(({ method, path: at }) => `${method} ${at}`).toSorted()).toEqual([
    'GET /assets/x/x',
    'GET /set-up',
    'GET /sign-in',
    'POST /set-up',
    'POST /sign-in',
    'POST /sign-out',
  ]);
  expect(addresses({ open: false }).length).toBeGreaterThan(10);
});

it('shows a stranger none of its pages, whatever he comes with', async () => {
  const state = path.join(site.folder, 'state');
  await mkdir(state, { recursive: true });
  const token = await openApiToken(state, '');
  const visitors: Record<string, string>[] = [
    {},
    { cookie: `branchline-manager=${'A'.repeat(43)}` },
    { cookie: 'branchline-manager=; __Host-branchline-manager=x; branchline-manager' },
    // The token of the status port is for programs; no program comes here.
    { authorization: `Bearer ${token}`, 'x-csrf-token': token },
    { authorization: `Basic ${Buffer.from(`ada:${token}`).toString('base64')}` },
    { 'x-renew': '1', 'x-forwarded-for': '127.0.0.1', 'x-original-url': '/sign-in' },
  ];
  for (const headers of visitors) {
    for (const address of addresses({ open: false })) {
      const answer = await ask(address, headers);
      const what = `${address.method} ${address.path} ${JSON.stringify(headers)}`;
      const text = await answer.text();
      if (answer.status === 303) {
        expect(answer.headers.get('location'), what).toMatch(/^\/sign-in(\?to=%2F|$)/);
        expect(text, what).toBe('');
      } else {
        expect(answer.status, what).toBe(401);
        expect(text, what).not.toContain('class="pages"');
      }
      expect(answer.headers.getSetCookie(), what).toEqual([]);
    }
  }
  expect(manager.acts).toEqual([]);
});

it('has its headers on every answer, refusals included', async () => {
  const ada = await manager.signedIn();
  const cookie = { cookie: ada.cookie };
  const asset = /href="(\/assets\/[^"]+)"/.exec(await (await ada.get('/account')).text())?.[1];
  const answers = [
    ...(await askAll(
      [...addresses({ open: true }), ...addresses({ open: false })]
        // Streams do not end by themselves.
        .filter(({ path: at }) => !at.startsWith('/live')),
      [{}, cookie],
    )),
    await ask({ method: 'GET', path: '/nowhere' }),
    await ask({ method: 'GET', path: '/nowhere' }, cookie),
    await ask({ method: 'GET', path: '/%' }),
    await ask({ method: 'POST', path: '/sign-in' }, { 'content-type': 'x/y' }, 'z'),
    await ask({ method: 'POST', path: '/sign-in' }, {}, 'x'.repeat(300_000)),
  ];
  for (const { headers, url, status } of answers) {
    const policy = headers.get('content-security-policy') ?? '';
    const told = `${status} ${url}`;
    expect(policy, told).toContain("default-src 'none'");
    expect(policy, told).toContain("frame-ancestors 'none'");
    expect(policy, told).toContain("form-action 'self'");
    expect(policy, told).toContain("base-uri 'none'");
    expect(policy, told).not.toMatch(/unsafe|\*|data:|http:/);
    expect(headers.get('x-content-type-options'), told).toBe('nosniff');
    expect(headers.get('x-frame-options'), told).toBe('DENY');
    expect(headers.get('referrer-policy'), told).toMatch(/^(no-referrer|same-origin)$/);
    expect(headers.get('cache-control'), told).toBe('no-store');
    expect(headers.get('access-control-allow-origin'), told).toBeNull();
    // 503: so many at once are too many at the sign-in.
    expect([500, 502], told).not.toContain(status);
  }
  const kept = await ask({ method: 'GET', path: asset ?? '' });
  expect([kept.status, kept.headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
});

it('changes nothing for a form without the token of this very session, or from another site', async () => {
  const ada = await manager.signedIn();
  const eve = new Visitor(manager.base);
  const { name, password } = administrator;
  await eve.send('/sign-in', { name, password });
  const tokenOf = async (visitor: Visitor): Promise<string> =>
    /name="_csrf" value="([^"]+)"/.exec(await (await visitor.get('/account')).text())?.[1] ?? '';
  const [own, foreign] = [await tokenOf(ada), await tokenOf(eve)];
  expect(own).not.toBe(foreign);
  const cookie = { cookie: ada.cookie };
  const before = await everythingOf(site);
  const acts = manager.acts.length;
  const changing = [...addresses({ open: false }), { method: 'POST', path: '/sign-out' }].filter(
    ({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method),
  );
  expect(changing.length).toBeGreaterThan(3);
  const forms: readonly (readonly [Record<string, string>, string])[] = [
    [{}, 'name=ada'],
    [{}, '_csrf='],
    [{}, `_csrf=${foreign}`],
    [{}, `_csrf=${own}&_csrf=${own}`],
    [{}, `_csrf=${own.slice(0, -1)}`],
    [{ 'x-csrf-token': foreign }, `_csrf=${own}`],
    [{ origin: 'http://evil.example' }, `_csrf=${own}`],
    [{ origin: 'null' }, `_csrf=${own}`],
    [{ origin: `${manager.base}.evil.example` }, `_csrf=${own}`],
    [{ 'sec-fetch-site': 'cross-site' }, `_csrf=${own}`],
    [{ 'sec-fetch-site': 'same-site' }, `_csrf=${own}`],
    [{ 'content-type': 'text/plain' }, `_csrf=${own}`],
  ];
  for (const address of changing) {
    for (const [headers, body] of forms) {
      const { status } = await ask(address, { ...cookie, ...headers }, body);
      const what = `${address.method} ${address.path} ${JSON.stringify(headers)} ${body.replace(own, 'OWN')}`;
      expect([400, 403, 413, 415], what).toContain(status);
    }
  }
  expect(manager.acts).toHaveLength(acts);
  expect(await everythingOf(site)).toEqual(before);
  expect((await ada.get('/account')).status).toBe(200);
});

it('takes no sign-in and no set-up from the form of another site', async () => {
  const token = await manager.token();
  const { name, password } = administrator;
  const stranger = new Visitor(manager.base);
  for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    const fields = { token, name, password, again: password };
    expect((await stranger.send('/set-up', fields, headers)).status).toBe(403);
    expect((await stranger.send('/sign-in', { name, password }, headers)).status).toBe(403);
  }
  expect(stranger.cookie).toBe('');
});

it('changes nothing by GET', async () => {
  const ada = await manager.signedIn();
  const acts = manager.acts.length;
  const before = await everythingOf(site);
  for (const { method, path: at } of [
    ...addresses({ open: false }),
    ...addresses({ open: true }),
  ]) {
    if (method !== 'GET' || at.startsWith('/live')) continue;
    const answer = await ada.get(`${at}?token=x&name=ada&what=all&act=start&undo=1&_csrf=x`);
    await answer.body?.cancel();
    // 503: the server does not run.
    expect([500, 502], at).not.toContain(answer.status);
  }
  expect(manager.acts).toHaveLength(acts);
  expect(await everythingOf(site)).toEqual(before);
  expect((await ada.get('/account')).status).toBe(200);
});

/**
 * Name, size and time of everything that a site has on its disk. The journal is only opened; the history of the settings
 * takes in what was edited by hand when it is looked at.
 */
async function everythingOf({ folder }: DemoSite): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    ({ name, parentPath }) =>
      !/\.db(-wal|-shm)?$/.test(name) && path.basename(parentPath) !== 'settings-history',
  );
  const seen = await Promise.all(
    files
      .filter((entry) => entry.isFile())
      .map(async ({ name, parentPath }) => {
        const { size, mtimeMs } = await stat(path.join(parentPath, name));
        return [path.relative(folder, path.join(parentPath, name)), `${size} ${mtimeMs}`] as const;
      }),
  );
  return Object.fromEntries(seen.toSorted());
}
