import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { HubClient, type CheckIn, type LinkTimeouts } from '#libs/link';
import { silentLogger } from '#libs/observe';
import { startFakeHub } from '../support/fake-hub.ts';
import { gather } from '../support/gather.ts';

const sha256 = 'ab'.repeat(32);
const etag = `"sha256-${sha256}"`;
const size = 100_000;
const bytes = Buffer.alloc(size, 7);
const report: CheckIn = {
  protocol: 1,
  version: '1',
  state: 'in-sync',
  problems: [],
  sentAt: 1_800_000_000_000,
};

const against = async (
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  timeouts: Partial<LinkTimeouts> = {},
): Promise<{ client: HubClient; requests: readonly string[] }> => {
  const { identity, requests } = await startFakeHub(answer);
  const client = new HubClient({
    identity: { ...identity, port: identity.hubPort },
    version: '0.0.0-test',
    log: silentLogger(),
    timeouts,
  });
  onTestFinished(() => client.close());
  return { client, requests };
};

const refused = (code: string): unknown => expect.objectContaining({ code });

/** Write without a pause until the other end hangs up. */
const pour = (response: ServerResponse): void => {
  const more = (): void => {
    while (!response.destroyed && response.write(bytes));
    response.once('drain', more);
  };
  more();
};

it.each<[string, number, Record<string, string>, Buffer, string]>([
  ['other bytes under another tag', 200, { etag: '"sha256-00"' }, bytes, 'PEER_ANSWER_INVALID'],
  ['bytes without a tag', 200, {}, bytes, 'PEER_ANSWER_INVALID'],
  ['too few bytes', 200, { etag }, bytes.subarray(1), 'LENGTH_MISMATCH'],
  ['too many bytes', 200, { etag }, Buffer.concat([bytes, bytes]), 'LENGTH_MISMATCH'],
  ['no bytes', 200, { etag }, Buffer.alloc(0), 'LENGTH_MISMATCH'],
  ['a packed body', 200, { etag, 'content-encoding': 'gzip' }, bytes, 'PEER_ANSWER_INVALID'],
  ['a part when the whole was asked for', 206, { etag }, bytes, 'PEER_ANSWER_INVALID'],
  ['another place', 302, { location: 'https://elsewhere/' }, Buffer.alloc(0), 'PEER_REFUSED'],
  ['a page of its own', 200, { 'content-type': 'text/html' }, bytes, 'PEER_ANSWER_INVALID'],
])('takes no file from a hub that sends %s', async (_, status, headers, body, code) => {
  const { client } = await against((_request, response) => {
    response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
  });
  await expect(gather(client.file(sha256, { size }))).rejects.toEqual(refused(code));
});

it.each<[string, number, Record<string, string>, string]>([
  ['the whole', 200, {}, 'PEER_ANSWER_INVALID'],
  ['a part without saying which', 206, {}, 'LENGTH_MISMATCH'],
  ['another part', 206, { 'content-range': `bytes 0-49999/${size}` }, 'LENGTH_MISMATCH'],
  ['a part of another length', 206, { 'content-range': 'bytes 50000-99999/*' }, 'LENGTH_MISMATCH'],
])('does not go on with a hub that sends %s', async (_, status, headers, code) => {
  const { client } = await against((_request, response) => {
    response.writeHead(status, { etag, ...headers }).end(bytes.subarray(50_000));
  });
  const rest = client.file(sha256, { size, from: 50_000 });
  await expect(gather(rest)).rejects.toEqual(refused(code));
});

it('reads not a byte more than the release names, of a body without an end', async () => {
  const { client } = await against((_request, response) => {
    response.writeHead(200, { etag });
    pour(response);
  });
  await expect(gather(client.file(sha256, { size }))).rejects.toEqual(refused('LENGTH_MISMATCH'));
});

it('notices that a body without a length ends early', async () => {
  const { client } = await against((_request, response) => {
    response.writeHead(200, { etag });
    response.write(bytes.subarray(0, 50_000));
    response.end(bytes.subarray(50_001));
  });
  await expect(gather(client.file(sha256, { size }))).rejects.toEqual(refused('LENGTH_MISMATCH'));
});

it('keeps what came before a hub hung up, and says that it did', async () => {
  const { client } = await against((_request, response) => {
    response.writeHead(200, { etag, 'content-length': size });
    response.write(bytes.subarray(0, 60_000), () => setTimeout(() => response.destroy(), 20));
  });
  let received = 0;
  const reading = (async () => {
    for await (const piece of client.file(sha256, { size })) received += piece.length;
  })();
  await expect(reading).rejects.toEqual(refused('PEER_UNREACHABLE'));
  expect(received).toBe(60_000);
});

it('does not wait for a hub that says nothing', async () => {
  const { client } = await against(() => undefined, { answerMs: 300 });
  await expect(client.metadata('timestamp.json', 100)).rejects.toEqual(refused('PEER_TOO_SLOW'));
});

it('does not wait for a hub that stops in the middle', async () => {
  const { client } = await against(
    (_request, response) => {
      response.writeHead(200, { etag, 'content-length': size }).write(bytes.subarray(0, 500));
    },
    { idleMs: 300 },
  );
  await expect(gather(client.file(sha256, { size }))).rejects.toEqual(refused('PEER_TOO_SLOW'));
});

it('does not let a hub drip for ever', async () => {
  const { client } = await against(
    (_request, response) => {
      response.writeHead(200, { etag, 'content-length': size });
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => {
        clearInterval(timer);
      });
    },
    { idleMs: 400 },
  );
  await expect(gather(client.file(sha256, { size }))).rejects.toEqual(refused('PEER_TOO_SLOW'));
});

it('reads no metadata without an end', async () => {
  const { client } = await against((_request, response) => {
    response.writeHead(200);
    pour(response);
  });
  await expect(client.metadata('timestamp.json', 16_384)).rejects.toEqual(
    refused('RELEASE_ENDLESS'),
  );
});

it.each<[string, number, string, string]>([
  ['no JSON', 200, '<html>', 'PEER_ANSWER_INVALID'],
  ['another shape', 200, '{"protocol":1}', 'PEER_ANSWER_INVALID'],
  ['an answer without an end', 200, `{"x":"${'x'.repeat(70_000)}"}`, 'PEER_ANSWER_INVALID'],
  ['a refusal without a reason', 403, 'no', 'PEER_REFUSED'],
  ['a fault of its own', 500, '', 'PEER_BUSY'],
  [
    'a code that is for its own house',
    507,
    '{"type":"x","title":"x","status":507,"detail":"x","code":"DISK_FULL"}',
    'PEER_BUSY',
  ],
])('expects no sense from %s', async (_, status, body, code) => {
  const { client } = await against((_request, response) => {
    response.writeHead(status).end(body);
  });
  await expect(client.checkIn(report)).rejects.toEqual(refused(code));
});

it('asks once more when a connection is given up at that moment, and not for ever', async () => {
  let tries = 0;
  const { client, requests } = await against((_request, response) => {
    tries += 1;
    if (tries === 1) response.destroy();
    else response.end('{}');
  });
  expect(String(await client.metadata('timestamp.json', 100))).toBe('{}');
  const always = await against((_request, response) => response.destroy());
  await expect(always.client.metadata('timestamp.json', 100)).rejects.toEqual(
    refused('PEER_UNREACHABLE'),
  );
  expect([requests.length, always.requests.length]).toEqual([2, 2]);
});

it('asks for the timestamp by its tag, and has the bytes of last time when nothing is new', async () => {
  const tags: (string | undefined)[] = [];
  const { client } = await against((request, response) => {
    tags.push(request.headers['if-none-match']);
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"1"' }).end('{"v":1}');
  });
  expect(String(await client.metadata('timestamp.json', 100))).toBe('{"v":1}');
  expect(String(await client.metadata('timestamp.json', 100))).toBe('{"v":1}');
  expect(tags).toEqual([undefined, '"1"']);
});

it('knows how far its clock is from the hub’s', async () => {
  const { client } = await against((_request, response) => {
    response.writeHead(404, { date: new Date(Date.now() + 86_400_000).toUTCString() }).end();
  });
  await client.metadata('timestamp.json', 100);
  expect(Math.abs((client.clockSkewMs() ?? 0) - 86_400_000)).toBeLessThan(2_000);
});

it.each([
  ['nobody listens', async () => await Promise.resolve(1)],
  ['a server listens that speaks no TLS', speechless],
])('is unreachable or senseless where %s', async (_, port) => {
  const { identity } = await startFakeHub(() => undefined);
  const client = new HubClient({
    identity: { ...identity, port: await port() },
    version: '0.0.0-test',
    log: silentLogger(),
    timeouts: { connectMs: 2_000 },
  });
  onTestFinished(() => client.close());
  await expect(client.metadata('timestamp.json', 100)).rejects.toHaveProperty(
    'code',
    expect.stringMatching(/^PEER_(UNREACHABLE|ANSWER_INVALID)$/),
  );
});

async function speechless(): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).end('220 Welcome\r\n');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

it('finds no hub under a name that does not exist', async () => {
  const { identity } = await startFakeHub(() => undefined);
  const client = new HubClient({
    identity: { ...identity, host: 'no-such-host.invalid', port: 4411 },
    version: '0.0.0-test',
    log: silentLogger(),
  });
  onTestFinished(() => client.close());
  await expect(client.metadata('timestamp.json', 100)).rejects.toEqual(refused('PEER_UNREACHABLE'));
});
