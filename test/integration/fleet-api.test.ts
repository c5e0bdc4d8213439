import { Compile } from 'typebox/compile';
import { expect, it, onTestFinished } from 'vitest';
import { Journal, SqliteHubState } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { Health, Metrics, silentLogger } from '#libs/observe';
import {
  branchCalledSchema,
  fleetMemberSchema,
  fleetSchema,
  StatusServer,
  type FleetAnswer,
} from '#libs/pages';
import { BranchViews } from '../../apps/server/branch-view.ts';
import { fleetOf } from '../../apps/server/fleet-part.ts';
import { quietStatus } from '../support/fake-status.ts';
import { fillFleet } from '../support/filled-fleet.ts';

const token = 'a-secret-of-our-own';
const answers = Compile(fleetSchema);

/** The status port of a hub with so many branches in its state. */
async function hubWith(branches: number) {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  await fillFleet(journal, branches);
  const state = new SqliteHubState(journal);
  const called: string[] = [];
  const fleet = fleetOf(
    {
      state,
      release: () => 9,
      views: new BranchViews(),
      progress: () => undefined,
      call: (name) => called.push(name) > 1,
    },
    { all: () => [] },
    { clock: systemClock, version: '1.0.0', log: silentLogger() },
  );
  const server = new StatusServer({
    ...{ address: '127.0.0.1', port: 0, refreshS: 10, apiToken: token, fleet },
    source: { status: () => Promise.resolve(quietStatus()) },
    health: new Health(),
    metrics: new Metrics({ version: '1.0.0' }),
    log: silentLogger(),
  });
  await server.start();
  onTestFinished(() => server.stop());
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${String(server.port)}/api/v1/branches${path}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
      ...init,
    });
  const list = async (query: string): Promise<FleetAnswer> => {
    const body: unknown = await (await ask(query)).json();
    if (!answers.Check(body)) throw new Error(JSON.stringify(answers.Errors(body).at(0)));
    return body;
  };
  return { ask, list, state, called };
}

it('answers with 2,000 branches, page by page, each once', async () => {
  const { list } = await hubWith(2_000);
  const first = await list('?limit=200');
  expect(first).toMatchObject({ total: 2_001, matching: 2_001, offset: 0 });
  expect(Object.values(first.counts).reduce((sum, count) => sum + count)).toBe(2_001);
  expect(first.branches[0]).toMatchObject({ state: 'error', lastError: { code: 'DISK_FULL' } });
  const seen = new Set<string>();
  for (let offset = 0; offset < 2_001; offset += 200) {
    const page = await list(`?limit=200&offset=${offset}&sort=name`);
    for (const { name } of page.branches) seen.add(name);
  }
  expect(seen.size).toBe(2_001);
  const overdue = await list('?state=overdue&search=site-1&sort=seen&order=desc');
  expect(overdue.branches.length).toBeGreaterThan(0);
  expect(overdue.branches.every(({ state }) => state === 'overdue')).toBe(true);
  expect(overdue.counts['overdue']).toBe(overdue.matching);
});

it('costs the event loop little when asked again and again', async () => {
  const { list } = await hubWith(2_000);
  await list('');
  const before = process.cpuUsage();
  for (let n = 0; n < 100; n += 1) await list(`?search=site-${n}&sort=version`);
  const { user, system } = process.cpuUsage(before);
  // Both ends run in this process; a walk of 2,000 reports for each would take three times that.
  expect((user + system) / 1_000 / 100).toBeLessThan(15);
});

it('tells nobody without the token, and takes no question it does not know', async () => {
  const { ask } = await hubWith(3);
  for (const path of ['', '/site-1', '/site-1/sync']) {
    const method = path.endsWith('sync') ? 'POST' : 'GET';
    const answer = await ask(path, { method, headers: {} });
    expect(answer.status).toBe(401);
    expect(await answer.text()).not.toContain('site-1 ');
  }
  for (const query of ['?state=lost', '?sort=colour', '?limit=201', '?offset=-1', '?order=up']) {
    expect((await ask(query)).status).toBe(400);
  }
  expect((await ask(`?search=${'x'.repeat(101)}`)).status).toBe(400);
});

it('tells all of one branch, with its troubles', async () => {
  const { ask, state } = await hubWith(3);
  const report = { report: '{}', wholeRelease: undefined };
  const trouble = { code: 'ARCHIVE_CRC_WRONG', name: '<b>.zip', message: 'damaged\r\nX: 1' };
  await state.recordReport('site-1', { ...report, troubles: [trouble] }, 5_000);
  await state.recordReport('site-1', { ...report, troubles: [] }, 9_000);
  const body: unknown = await (await ask('/site-1')).json();
  expect(Compile(fleetMemberSchema).Check(body)).toBe(true);
  expect(body).toMatchObject({
    branch: { name: 'site-1' },
    troubles: [
      {
        ...{ code: trouble.code, name: trouble.name, sentence: trouble.message },
        endedAt: '1970-01-01T00:00:09.000Z',
      },
    ],
  });
  const invited: unknown = await (await ask('/invited-site')).json();
  expect(invited).toMatchObject({ branch: { state: 'invited' }, troubles: [] });
  expect(await (await ask('/nobody')).json()).toMatchObject({ code: 'BRANCH_UNKNOWN' });
});

it('calls one branch to sync, and says whether it has heard it', async () => {
  const { ask, called, state } = await hubWith(3);
  const call = (name: string) => ask(`/${name}/sync`, { method: 'POST' });
  const first = await call('site-1');
  expect(first.status).toBe(202);
  const body: unknown = await first.json();
  expect(Compile(branchCalledSchema).Check(body)).toBe(true);
  expect(body).toEqual({ reached: false });
  expect(await (await call('site-1')).json()).toEqual({ reached: true });
  expect(called).toEqual(['site-1', 'site-1']);
  await state.revoke('site-2', 1);
  expect(await (await call('site-2')).json()).toMatchObject({ code: 'CERTIFICATE_REVOKED' });
  expect((await call('invited-site')).status).toBe(404);
});

it('shows at once in the list who was revoked, within half a second', async () => {
  const { list, state } = await hubWith(3);
  await list('');
  await state.revoke('site-1', Date.now());
  await expect.poll(async () => (await list('?search=site-1')).branches[0]?.state).toBe('revoked');
});
