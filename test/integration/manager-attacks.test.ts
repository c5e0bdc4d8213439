import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { managerHere, type ManagerHere } from '../support/manager-here.ts';
import { administrator, Visitor } from '../support/manager.ts';
import { RawConnection, statusesIn } from '../support/raw-connection.ts';

const { name, password } = administrator;

/** Sign in from an address of this machine; the status. */
async function signInFrom(manager: ManagerHere, from: string, word: string): Promise<number> {
  const body = new URLSearchParams({ name, password: word }).toString();
  const asked = request({
    ...{ host: '127.0.0.1', port: manager.port, localAddress: from, agent: false },
    ...{ method: 'POST', path: '/sign-in' },
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(body.length),
    },
  });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }];
  answer.resume();
  return answer.statusCode ?? 0;
}

describe('guessing', () => {
  it('is over after ten passwords for an address; elsewhere the right one still gets in', async () => {
    const manager = await managerHere();
    await manager.signedIn();
    // The answers to wrong ones come late: nobody waits for them.
    const statuses: number[] = [];
    for (let n = 0; n < 100 && !statuses.includes(429); n += 1) {
      void signInFrom(manager, '127.0.0.2', `wrong ${n}`)
        .then((status) => statuses.push(status))
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await expect.poll(() => statuses).toContain(429);
    expect(await signInFrom(manager, '127.0.0.2', password)).toBe(429);
    expect(await signInFrom(manager, '127.0.0.3', password)).toBe(303);
    expect(await signInFrom(manager, '127.0.0.1', password)).toBe(303);
    expect(manager.acts.every(({ name: who }) => who === name)).toBe(true);
  });

  it('says the same for a name that nobody has as for a wrong password', async () => {
    const manager = await managerHere();
    await manager.signedIn();
    const stranger = new Visitor(manager.base);
    const ask = async (who: string): Promise<string> => {
      const answer = await stranger.send('/sign-in', { name: who, password: 'wrong' });
      return `${answer.status} ${(await answer.text()).replaceAll(who, 'NAME')}`;
    };
    expect(await ask(name)).toBe(await ask('nobody'));
  });
});

describe('a session', () => {
  it('has a new secret at each sign-in, whatever the browser came with; the old one is dead', async () => {
    const manager = await managerHere();
    const ada = await manager.signedIn();
    const before = ada.cookie;
    await ada.send('/sign-in', { name, password });
    expect(ada.cookie).not.toBe(before);
    const old = await fetch(`${manager.base}/account`, {
      ...{ headers: { cookie: before }, redirect: 'manual' },
    });
    expect(old.status).toBe(303);
    expect((await ada.get('/account')).status).toBe(200);

    const planted = `branchline-manager=${'A'.repeat(43)}`;
    const signIn = await fetch(`${manager.base}/sign-in`, {
      ...{ method: 'POST', redirect: 'manual', headers: { cookie: planted } },
      body: new URLSearchParams({ name, password }),
    });
    const [set = ''] = signIn.headers.getSetCookie();
    expect(set).not.toContain(planted);
    const fixed = await fetch(`${manager.base}/account`, {
      ...{ headers: { cookie: planted }, redirect: 'manual' },
    });
    expect(fixed.status).toBe(303);
  });

  it('lies in a cookie that no script reads and no other site sends', async () => {
    const manager = await managerHere();
    const token = await manager.token();
    const fields = { token, name, password, again: password };
    const answer = await new Visitor(manager.base).send('/set-up', fields);
    const [cookie = '', ...others] = answer.headers.getSetCookie();
    expect(others).toEqual([]);
    const [, ...flags] = cookie.split('; ');
    expect(flags.toSorted()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict']);
  });

  it('is over at the sign-out, after an hour and after twelve', async () => {
    const manager = await managerHere();
    const ada = await manager.signedIn();
    const { cookie } = ada;
    const status = async (): Promise<number> =>
      (
        await fetch(`${manager.base}/account`, {
          ...{ headers: { cookie }, redirect: 'manual' },
        })
      ).status;
    expect(await status()).toBe(200);
    expect((await ada.post('/sign-out', {}, '/account')).status).toBe(303);
    expect(await status()).toBe(303);
    await ada.send('/sign-in', { name, password });
    manager.ahead += 61 * 60_000;
    expect((await ada.get('/account')).status).toBe(303);
  });

  it('does not last longer because a page renews itself', async () => {
    const manager = await managerHere();
    const ada = await manager.signedIn();
    for (let n = 0; n < 4; n += 1) {
      manager.ahead += 16 * 60_000;
      await ada.get('/account', { 'x-renew': '1' });
    }
    expect((await ada.get('/account')).status).toBe(303);
  });

  it('ends with the account, and everywhere else with the password', async () => {
    const manager = await managerHere();
    const [ada, bob, second] = [
      await manager.signedIn(),
      new Visitor(manager.base),
      new Visitor(manager.base),
    ];
    await ada.post('/account/add', { name: 'bob', password, again: password }, '/account');
    await bob.send('/sign-in', { name: 'bob', password });
    await second.send('/sign-in', { name, password });
    expect((await bob.get('/account')).status).toBe(200);
    await ada.post('/account/remove', { name: 'bob' }, '/account');
    expect((await bob.get('/account')).status).toBe(303);
    const other = 'another horse battery';
    const change = { current: password, password: other, again: other };
    expect((await ada.post('/account/password', change, '/account')).status).toBe(303);
    expect((await second.get('/account')).status).toBe(303);
    expect((await ada.get('/account')).status).toBe(200);
  });
});

describe('the one-time link', () => {
  const fields = (token: string) => ({ token, name, password, again: password });

  it('is good once, also for two who use it in the same moment', async () => {
    const manager = await managerHere();
    const token = await manager.token();
    const answers = await Promise.all(
      ['ada', 'eve'].map((who) =>
        new Visitor(manager.base).send('/set-up', { ...fields(token), name: who }),
      ),
    );
    // The one that comes second is refused, by the link or at the door.
    const good = answers.filter(({ status }) => status === 303);
    expect(good).toHaveLength(1);
    expect(
      manager.acts.filter(({ kind, act }) => kind === 'session' && act === 'started'),
    ).toHaveLength(1);
    const late = await new Visitor(manager.base).send('/set-up', fields(token));
    expect(late.status).toBe(403);
  });

  it('is not used up by looking at it, nor by a password that is refused', async () => {
    const manager = await managerHere();
    const token = await manager.token();
    const ada = new Visitor(manager.base);
    expect((await ada.get(`/set-up?token=${token}`)).status).toBe(200);
    const weak = { ...fields(token), password: 'short', again: 'short' };
    expect((await ada.send('/set-up', weak)).status).toBe(400);
    expect((await ada.send('/set-up', fields(token))).status).toBe(303);
  });

  it('ends after a day, and with the next one', async () => {
    const manager = await managerHere();
    const [old, next] = [await manager.token(), await manager.token()];
    const ada = new Visitor(manager.base);
    expect((await ada.send('/set-up', fields(old))).status).toBe(403);
    manager.ahead = 24 * 3_600_000 + 1_000;
    expect((await ada.send('/set-up', fields(next))).status).toBe(403);
    expect((await ada.send('/set-up', fields(await manager.token()))).status).toBe(303);
  });

  it('cannot be guessed: long, and wrong ones count as wrong passwords', async () => {
    const manager = await managerHere();
    const tokens = [await manager.token(), await manager.token()];
    for (const token of tokens) expect(Buffer.from(token, 'base64url').length).toBe(24);
    expect(tokens[0]?.slice(0, 8)).not.toBe(tokens[1]?.slice(0, 8));
    const ada = new Visitor(manager.base);
    const begun = performance.now();
    expect((await ada.get('/set-up?token=wrong')).status).toBe(403);
    expect((await ada.get('/set-up?token=wrong&token=wrong')).status).toBe(403);
    expect((await ada.get('/set-up')).status).toBe(403);
    // Half a second, one, two.
    expect(performance.now() - begun).toBeGreaterThan(3_400);
  });

  it('is the only way in while nobody has an account', async () => {
    const manager = await managerHere();
    const stranger = new Visitor(manager.base);
    expect((await stranger.send('/sign-in', { name: '', password: '' })).status).toBe(401);
    const known = { name: 'mvuser', password: 'Avaya' };
    expect((await stranger.send('/sign-in', known)).status).toBe(401);
    expect(stranger.cookie).toBe('');
  });
});

describe('odd requests', () => {
  const paths = [
    '//',
    '///account',
    '//evil.example/account',
    '/account/',
    '/ACCOUNT',
    '/./account',
    '/sign-in/../account',
    '/sign-in/..%2faccount',
    '/sign-in%2f..%2faccount',
    '/assets/../account',
    '/assets/..%2f..%2faccounts.json/x',
    '/assets/%2e%2e/%2e%2e',
    '/assets/x/..%2f..%2f..%2fetc%2fpasswd',
    '/assets/0000000000000000/manager.js',
    '/%61ccount',
    '/account;x=1',
    '/account%00',
    '/account?to=//evil.example',
    '/%',
    '/%ff%fe',
    '/\\account',
    '/[::1',
    'http://evil.example/account',
    'http://[/account',
    '*',
  ];

  it.each(paths)('shows a stranger nothing under %j, and does not fail', async (path) => {
    const manager = await managerHere();
    const raw = await RawConnection.open(manager.base);
    raw.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const text = await raw.closed();
    const [status = 0] = statusesIn(text);
    expect([301, 302, 303, 400, 401, 404, 414], text).toContain(status);
    expect(text).not.toMatch(/May sign in|"password"|root:/);
    expect(text.toLowerCase()).toContain("default-src 'none'");
    const location = /^location: (.*?)\r$/im.exec(text)?.[1];
    if (location !== undefined) expect(location).toMatch(/^\/sign-in(\?to=|$)/);
  });

  const malformed: readonly (readonly [string, string])[] = [
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'],
    ['a length that is none', 'Content-Length: +5\r\n\r\nhello'],
    ['an encoding that is none', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['chunks hidden by a blank', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['a header that goes on in the next line', 'X-A: 1\r\n Content-Length: 5\r\n\r\nhello'],
    ['a bare line feed', 'X-A: 1\nX-B: 2\r\n\r\n'],
    ['a chunk size that is none', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n'],
    ['headers without end', `X-A: ${'a'.repeat(40_000)}\r\n\r\n`],
  ];

  it.each(malformed)(
    'answers %s with a refusal, and takes nothing after it for a request',
    async (_, rest) => {
      const manager = await managerHere();
      const raw = await RawConnection.open(manager.base);
      const form = 'Content-Type: application/x-www-form-urlencoded';
      raw.send(`POST /sign-in HTTP/1.1\r\nHost: x\r\n${form}\r\n${rest}`);
      raw.send('GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n');
      const text = await raw.closed();
      const statuses = statusesIn(text);
      expect(statuses, text).toHaveLength(1);
      expect([400, 431], text).toContain(statuses[0]);
      expect(text.toLowerCase()).toContain("default-src 'none'");
    },
  );

  it.each(['', 'Host: a\r\nHost: b\r\n'])('refuses %j as the name of the host', async (host) => {
    const manager = await managerHere();
    const raw = await RawConnection.open(manager.base);
    raw.send(`GET /sign-in HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    expect(statusesIn(await raw.closed())).toEqual([400]);
  });

  it('never repeats the name of the host or where a proxy says it is from', async () => {
    const manager = await managerHere();
    const raw = await RawConnection.open(manager.base);
    const evil = 'evil.example';
    raw.send(
      `GET /account HTTP/1.1\r\nHost: ${evil}\r\nX-Forwarded-Host: ${evil}\r\nForwarded: host=${evil}\r\n\r\n`,
    );
    raw.send(`GET /sign-in HTTP/1.1\r\nHost: ${evil}\r\nConnection: close\r\n\r\n`);
    const text = await raw.closed();
    expect(statusesIn(text)).toEqual([303, 200]);
    expect(text).not.toContain(evil);
  });
});

describe('who has not signed in', () => {
  const head = 'Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\n';

  it.each(['/sign-in', '/account/add', '/nowhere'])(
    'cannot send a body without end to %s',
    async (path) => {
      const manager = await managerHere();
      const socket = connect(manager.port, '127.0.0.1');
      let text = '';
      socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(`POST ${path} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n`);
      const piece = `10000\r\n${'a'.repeat(65_536)}\r\n`;
      const more = (): void => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.on('drain', more);
      more();
      await closed;
      // The kernels at both ends hold some megabytes; the rest was never taken.
      expect(socket.bytesWritten).toBeLessThan(40 * 1024 * 1024);
      if (text !== '') expect([401, 404, 413]).toContain(statusesIn(text)[0]);
    },
  );

  it.each(['/sign-in', '/account/add'])(
    'cannot announce ten gigabytes to %s and keep the connection',
    async (path) => {
      const manager = await managerHere();
      const raw = await RawConnection.open(manager.base);
      raw.send(`POST ${path} HTTP/1.1\r\n${head}Content-Length: 10000000000\r\n\r\nname=`);
      expect([401, 413]).toContain(statusesIn(await raw.closed())[0]);
    },
  );

  it.each(['head', 'body'])('cannot hold a connection by sending its %s in drops', async (what) => {
    const manager = await managerHere({ limits: { headersMs: 300, strangersBodyMs: 300 } });
    const raw = await RawConnection.open(manager.base);
    raw.send(
      what === 'head'
        ? 'GET /sign-in HTTP/1.1\r\nX-A: '
        : `POST /sign-in HTTP/1.1\r\n${head}Content-Length: 100000\r\n\r\n`,
    );
    const drip = setInterval(() => {
      raw.send('a');
    }, 50);
    await raw.closed();
    clearInterval(drip);
  });

  it('cannot take all connections from one address', async () => {
    const manager = await managerHere({ limits: { connectionsPerAddress: 5 } });
    const held = await Promise.all(
      Array.from({ length: 5 }, () => RawConnection.open(manager.base)),
    );
    const sixth = connect(manager.port, '127.0.0.1');
    sixth.on('error', () => undefined);
    await new Promise((resolve) => sixth.once('close', resolve));
    expect(await signInFrom(manager, '127.0.0.2', 'wrong')).toBe(401);
    for (const one of held) one.destroy();
    await expect
      .poll(async () => (await fetch(`${manager.base}/sign-in`).catch(() => undefined))?.status)
      .toBe(200);
  });
});
