import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Compile } from 'typebox/schema';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { Health, Metrics, RecentErrors, silentLogger, KeptLines } from '#libs/observe';
import {
  openapi,
  runAnswerSchema,
  statusSchema,
  StatusServer,
  type Run,
  type StatusServerOptions,
} from '#libs/pages';
import { FakeAlarms } from '../support/fake-alarms.ts';
import { noScans, noUpdates } from '../support/fake-controls.ts';
import { emptyFleet } from '../support/fake-fleet.ts';
import { FakeSync } from '../support/fake-sync.ts';
import { branchStatus, fakeBranch, hubStatus } from '../support/fake-status.ts';

const token = 'a-secret-of-our-own';
const bearer = { authorization: `Bearer ${token}` };

async function serving(change: Partial<StatusServerOptions> = {}) {
  const sync = new FakeSync();
  const health = new Health();
  const errors = new RecentErrors();
  const lines = new KeptLines();
  const server = new StatusServer({
    address: '127.0.0.1',
    port: 0,
    refreshS: 10,
    apiToken: token,
    source: { status: () => Promise.resolve(branchStatus()) },
    sync,
    phones: () => ({ total: 0, offset: 0, phones: [] }),
    history: () => {
      throw new BranchlineError('USAGE', 'no question was asked');
    },
    explain: () => Promise.reject(new Error('no question was asked')),
    fleet: emptyFleet,
    logs: (question) => lines.ask(question),
    settings: { file: '/etc/branchline/MV_IPTel.ini', sha256: '0'.repeat(64) },
    alarms: new FakeAlarms(),
    scans: noScans,
    updates: noUpdates,
    health,
    metrics: new Metrics({ version: '1.4.0' }),
    errors,
    log: silentLogger(),
    ...change,
  });
  await server.start();
  onTestFinished(() => server.stop());
  const base = `http://127.0.0.1:${String(server.port)}`;
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(10_000) });
  return { server, base, get, sync, health, errors, lines };
}

const codeOf = async (response: Response): Promise<unknown> => {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem: unknown = await response.json();
  expect(problem).toMatchObject({ status: response.status, title: expect.any(String) as string });
  return problem && typeof problem === 'object' && 'code' in problem ? problem.code : undefined;
};

describe('the page', () => {
  it('is served with headers that let it load nothing but itself', async () => {
    const { get } = await serving();
    const response = await get('/');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toContain('<h1>lisbon</h1>');
  });

  it('finds its own files, for good, and says when they have not changed', async () => {
    const { get } = await serving();
    const page = await (await get('/')).text();
    const urls = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(
      ([, url]) => url ?? '',
    );
    expect(urls).toHaveLength(3);
    for (const url of urls) {
      const response = await get(url);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toContain('immutable');
      const etag = response.headers.get('etag') ?? '';
      const name = url.slice(url.lastIndexOf('/') + 1);
      expect(await response.text()).toBe(readFileSync(`libs/pages/assets/${name}`, 'utf8'));
      expect((await get(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
    }
  });

  it.each([
    '/assets/',
    '/assets/0/status.css',
    '/assets/x/..%2f..%2findex.ts',
    '/etc/passwd',
    '/%2e%2e/package.json',
    '/%zz',
  ])('has nothing at %s', async (path) => {
    const { get } = await serving();
    const response = await get(path);
    expect([400, 404]).toContain(response.status);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(['NOT_FOUND', 'USAGE']).toContain(await codeOf(response));
  });

  it('asks its source once for all who look at the same time', async () => {
    let asked = 0;
    const { get } = await serving({
      source: {
        status: () => {
          asked += 1;
          return Promise.resolve(hubStatus());
        },
      },
    });
    await Promise.all(Array.from({ length: 20 }, () => get('/').then((page) => page.text())));
    expect(asked).toBeLessThanOrEqual(2);
  });

  it('is a problem, not a crash, when the source fails, and is back when it can answer', async () => {
    let broken = true;
    const { get } = await serving({
      source: {
        status: () =>
          broken ? Promise.reject(new Error('secret inside')) : Promise.resolve(hubStatus()),
      },
    });
    const response = await get('/');
    expect(response.status).toBe(500);
    expect(await response.clone().text()).not.toContain('secret inside');
    expect(await codeOf(response)).toBe('INTERNAL');
    broken = false;
    expect((await get('/')).status).toBe(200);
  });
});

describe('status, health and metrics', () => {
  it.each([
    ['a branch', branchStatus()],
    ['a hub', hubStatus()],
  ])('the JSON of %s is the status and keeps to its schema', async (_name, status) => {
    const { get } = await serving({ source: { status: () => Promise.resolve(status) } });
    const body: unknown = await (await get('/api/v1/status')).json();
    expect(body).toEqual(status);
    expect(Compile(statusSchema).Errors(body)[1]).toEqual([]);
  });

  it('bounds every list', async () => {
    const status = hubStatus();
    const branches = Array.from({ length: 3_000 }, (_, n) => fakeBranch(`shop-${String(n)}`));
    const { get } = await serving({
      source: {
        status: () =>
          Promise.resolve({
            ...status,
            hub: status.hub && { ...status.hub, branches },
            warnings: Array.from({ length: 1_000 }, () => 'w'),
          }),
      },
    });
    const body: unknown = await (await get('/api/v1/status')).json();
    expect(Compile(statusSchema).Check(body)).toBe(true);
  });

  it('answers /healthz always and /readyz with reasons', async () => {
    const { get, health } = await serving();
    health.require('tftp :69');
    expect((await get('/healthz')).status).toBe(200);
    const before = await get('/readyz');
    expect(before.status).toBe(503);
    expect(await before.json()).toMatchObject({
      ready: false,
      reasons: [expect.stringContaining('tftp :69')],
    });
    health.set('tftp :69', 'ok');
    const after = await get('/readyz');
    expect(after.status).toBe(200);
    expect(await after.json()).toMatchObject({ ready: true, parts: [{ part: 'tftp :69' }] });
  });

  it('shows branches, disks, certificates and ports in /metrics', async () => {
    const { get } = await serving({ source: { status: () => Promise.resolve(hubStatus()) } });
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const body = await response.text();
    expect(body).toContain('branchline_branches{state="overdue"} 1');
    expect(body).toContain('branchline_phones_listeners{protocol="http",state="listening"} 2');
    expect(body).toContain('branchline_disk_free_bytes{folder="/srv/branchline"} 182000000000');
    expect(body).toContain('branchline_certificate_expiry_timestamp_seconds{name="branches"}');
  });

  it('gives the counters even when the status cannot be had', async () => {
    const { get } = await serving({ source: { status: () => Promise.reject(new Error('no')) } });
    const response = await get('/metrics');
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('branchline_transfers_total');
  });
});

describe('sync now', () => {
  it.each<[string, string | undefined, Record<string, string>]>([
    ['no token', token, {}],
    ['a wrong token', token, { authorization: 'Bearer wrong' }],
    ['another scheme', token, { authorization: `Basic ${token}` }],
    ['no ApiToken in the settings', undefined, { authorization: 'Bearer ' }],
    ['an empty ApiToken', '', { authorization: 'Bearer ' }],
    ['a printed password as ApiToken', 'Avaya', { authorization: 'Bearer Avaya' }],
  ])('is refused with %s', async (_name, apiToken, headers) => {
    const { get, sync, errors } = await serving({ apiToken });
    const response = await get('/api/v1/sync', { method: 'POST', headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await codeOf(response)).toBe('API_TOKEN_WRONG');
    expect(sync.run('run-1')).toBeUndefined();
    expect(errors.list()).toMatchObject([{ code: 'API_TOKEN_WRONG' }]);
  });

  it('starts a run, and gives the same one while it is on', async () => {
    const { get, sync } = await serving();
    const ask = (): Promise<Response> =>
      get('/api/v1/sync?what=updates', { method: 'POST', headers: bearer });
    const first = await ask();
    expect(first.status).toBe(202);
    const run: unknown = await first.json();
    expect(run).toEqual({
      id: 'run-1',
      what: 'updates',
      state: 'running',
      startedAt: '1970-01-01T00:16:40.000Z',
      files: [],
    });
    expect(await (await ask()).json()).toEqual(run);

    const file = {
      what: 'updates',
      name: 'a.zip',
      state: 'refused',
      bytes: 5,
      bytesOverall: 9,
    } as const;
    sync.move({
      ...(sync.run('run-1') ?? expect.fail()),
      state: 'partly-done',
      endedAt: 1_001_000,
      files: [{ ...file, code: 'ARCHIVE_LIMIT', message: 'too much' }],
      code: 'PARTLY_DONE',
    });
    const progress = await get(first.headers.get('location') ?? '');
    expect(progress.status).toBe(200);
    const ended: unknown = await progress.json();
    expect(ended).toMatchObject({
      state: 'partly-done',
      endedAt: '1970-01-01T00:16:41.000Z',
      files: [{ name: 'a.zip', code: 'ARCHIVE_LIMIT', bytes: 5, bytesOverall: 9 }],
    });
    expect(Compile(runAnswerSchema).Errors(ended)[1]).toEqual([]);
    expect(await (await ask()).json()).toMatchObject({ id: 'run-2' });
  });

  it('syncs everything when nothing is named, with or without a body', async () => {
    const { get } = await serving();
    const response = await get('/api/v1/sync', {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: '{ not JSON',
    });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ what: 'all' });
  });

  it('names what is wrong with a request', async () => {
    const { get } = await serving();
    const post = (path: string, body?: string): Promise<Response> =>
      get(path, { method: 'POST', headers: bearer, ...(body && { body }) });
    expect(await codeOf(await post('/api/v1/sync?what=everything'))).toBe('USAGE');
    expect(await codeOf(await post('/api/v1/sync', 'x'.repeat(10_000)))).toBe('FILE_TOO_LARGE');
    expect(await codeOf(await get('/api/v1/sync/run-77'))).toBe('NOT_FOUND');
    expect(await codeOf(await get('/api/v1/sync', { method: 'DELETE' }))).toBe('NOT_FOUND');
  });

  it('is not found at a server that is no branch', async () => {
    const { get } = await serving({ sync: undefined });
    const response = await get('/api/v1/sync', { method: 'POST', headers: bearer });
    expect(await codeOf(response)).toBe('NOT_FOUND');
  });
});

/** Follow the events; `next` gives one event after the other. */
async function follow(base: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  const response = await fetch(`${base}/api/v1/events`, { headers, signal: stop.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let buffered = '';
  const next = async (): Promise<{ id: string; event: string; data: unknown }> => {
    for (;;) {
      const end = buffered.indexOf('\n\n');
      if (end >= 0) {
        const block = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        const field = (name: string): string =>
          new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
        if (field('event') === '') continue;
        return { id: field('id'), event: field('event'), data: JSON.parse(field('data')) };
      }
      const part = await reader?.read();
      if (part?.value === undefined) throw new Error('the events have ended');
      buffered += part.value;
    }
  };
  return {
    response,
    next,
    close: () => {
      stop.abort();
    },
  };
}

const running = (bytes: Record<string, number>): Run => ({
  id: 'r1',
  what: 'updates',
  state: 'running',
  startedAt: 0,
  files: Object.entries(bytes).map(([name, here]) => ({
    what: 'updates',
    name,
    state: 'fetching',
    bytes: here,
    bytesOverall: 100,
  })),
});

describe('events', () => {
  const events = { everyMs: 10, heartbeatMs: 20, maxClients: 2, kept: 3 };

  it('tell how a run moves, with the files that changed, and its end at once', async () => {
    const { base, sync } = await serving({ events });
    const { response, next } = await follow(base);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');

    sync.move(running({ a: 1, b: 1 }));
    sync.move(running({ a: 2, b: 1 }));
    expect(await next()).toMatchObject({
      event: 'run',
      data: { id: 'r1', files: [{ name: 'a', bytes: 2 }, { name: 'b' }] },
    });
    sync.move(running({ a: 2, b: 50 }));
    const { data } = await next();
    expect(data).toHaveProperty('files', [expect.objectContaining({ name: 'b', bytes: 50 })]);
    sync.move({ ...running({ a: 2, b: 50 }), state: 'done', endedAt: 5 });
    expect(await next()).toMatchObject({ data: { state: 'done', files: [] } });
  });

  it('go on where a client left off, or say that there is a gap', async () => {
    const { base, sync } = await serving({ events });
    const first = await follow(base);
    const ended = (id: string): Run => ({ ...running({}), id, state: 'done' });
    sync.move(ended('1'));
    const seen = await first.next();
    first.close();
    sync.move(ended('2'));
    sync.move(ended('3'));

    const back = await follow(base, { 'last-event-id': seen.id });
    expect((await back.next()).data).toMatchObject({ id: '2' });
    expect((await back.next()).data).toMatchObject({ id: '3' });
    back.close();

    sync.move(ended('4'));
    sync.move(ended('5'));
    const late = await follow(base, { 'last-event-id': seen.id });
    expect((await late.next()).event).toBe('gap');
    late.close();
    const stranger = await follow(base, { 'last-event-id': 'from-before-a-restart' });
    expect((await stranger.next()).event).toBe('gap');
  });

  it('are refused to one client too many, and given again when one has left', async () => {
    const { base, get } = await serving({ events });
    const one = await follow(base);
    await follow(base);
    expect(await codeOf(await get('/api/v1/events'))).toBe('PEER_BUSY');
    one.close();
    await expect
      .poll(async () => {
        const again = await follow(base);
        again.close();
        return again.response.status;
      })
      .toBe(200);
  });

  it('let go of a client that does not read', async () => {
    const { server, sync } = await serving({ events: { ...events, maxUnsentBytes: 20_000 } });
    const socket = connect(server.port ?? 0, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.pause();
    const closed = once(socket, 'close');
    socket.on('error', () => undefined);
    socket.write('GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
    const long = 'x'.repeat(50_000);
    const tell = setInterval(() => {
      for (let n = 0; n < 20; n += 1)
        sync.move({ ...running({}), id: String(n), state: 'done', message: long });
    }, 5);
    onTestFinished(() => {
      clearInterval(tell);
    });
    setTimeout(() => socket.resume(), 500);
    await closed;
  });

  it('end when the server stops, and with them the subscription', async () => {
    const { server, base, sync } = await serving({ events });
    const { next } = await follow(base);
    expect(sync.subscribers).toBe(1);
    const before = performance.now();
    await server.stop();
    expect(performance.now() - before).toBeLessThan(1_000);
    await expect(next()).rejects.toThrow();
    expect(sync.subscribers).toBe(0);
  });
});

describe('the port', () => {
  it('says which port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    onTestFinished(() => {
      squatter.close();
    });
    const address = squatter.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await expect(serving({ port })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: expect.stringContaining(String(port)) as string,
    });
  });

  it('lets no slow client hold a connection', async () => {
    const { server } = await serving();
    const socket = connect(server.port ?? 0, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const started = performance.now();
    expect(await text(socket)).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('refuses a header without end', async () => {
    const { server } = await serving();
    const socket = connect(server.port ?? 0, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('the list of telephones', () => {
  it('comes in pages, without a token', async () => {
    const asked: object[] = [];
    const { get } = await serving({
      phones: (page) => {
        asked.push(page);
        return { total: 3, offset: page.offset, phones: [] };
      },
    });
    expect(await (await get('/api/v1/phones')).json()).toEqual({ total: 3, offset: 0, phones: [] });
    await get('/api/v1/phones?limit=200&offset=7');
    expect(asked).toEqual([
      { limit: 50, offset: 0 },
      { limit: 200, offset: 7 },
    ]);
    for (const query of ['limit=0', 'limit=201', 'offset=-1', 'limit=x', 'offset=1000001']) {
      expect((await get(`/api/v1/phones?${query}`)).status).toBe(400);
    }
    expect(asked).toHaveLength(2);
  });

  it('is not found where none is kept', async () => {
    const { get } = await serving({ phones: undefined });
    expect((await get('/api/v1/phones')).status).toBe(404);
  });
});

describe('the description of the API', () => {
  it('names only routes that answer', async () => {
    const { get, base } = await serving();
    const description: unknown = await (await get('/api/v1/openapi')).json();
    expect(description).toEqual(JSON.parse(JSON.stringify(openapi())));
    const { paths } = openapi();
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations)) {
        const url = `${base}${path.replace(/\{\w+\}/g, 'x')}`;
        const response = await fetch(url, { method: method.toUpperCase(), headers: bearer });
        const unknown = response.status === 404 ? await response.text() : '';
        await response.body?.cancel().catch(() => undefined);
        expect(unknown, `${method} ${path}`).not.toContain('nothing answers');
      }
    }
  });
});

describe('the log and the settings', () => {
  it('are for those with the ApiToken only', async () => {
    const { get } = await serving();
    for (const path of ['/api/v1/logs', '/api/v1/settings']) {
      const refused = await get(path);
      expect([refused.status, await codeOf(refused)]).toEqual([401, 'API_TOKEN_WRONG']);
      expect((await get(path, { headers: bearer })).status).toBe(200);
    }
  });

  it('answers with the lines that are asked for', async () => {
    const { get, lines } = await serving();
    const time = '2026-11-26T12:00:00.000Z';
    for (const [level, msg] of [
      ['info', 'one'],
      ['warn', '<b>two</b>'],
      ['error', 'three'],
    ]) {
      lines.write(JSON.stringify({ level, time, service: 'tftp', msg }));
    }
    const asked = async (query: string): Promise<unknown> =>
      (await get(`/api/v1/logs?${query}`, { headers: bearer })).json();
    expect(await asked('level=warn&limit=1')).toMatchObject({ lines: [{ msg: 'three' }] });
    const page = await asked('text=TWO');
    expect(page).toMatchObject({ lines: [{ msg: '<b>two</b>' }], gap: false });
    for (const bad of ['level=loud', 'limit=0', 'limit=501', `text=${'x'.repeat(201)}`]) {
      expect((await get(`/api/v1/logs?${bad}`, { headers: bearer })).status).toBe(400);
    }
  });
});
