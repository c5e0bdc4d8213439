import { Compile } from 'typebox/schema';
import { expect, it, onTestFinished } from 'vitest';
import { explain, explanationSchema, readQuestion, TreeDelivery } from '#libs/delivery';
import { Health, Metrics, silentLogger } from '#libs/observe';
import { StatusServer, type Explainer } from '#libs/pages';
import { quietStatus } from '../support/fake-status.ts';
import { tempTree } from '../support/temp-tree.ts';

const token = 'a-secret-of-our-own';
const bearer = { authorization: `Bearer ${token}` };

async function asking(
  explainer: Explainer,
): Promise<(query: string, init?: RequestInit) => Promise<Response>> {
  const server = new StatusServer({
    ...{ address: '127.0.0.1', port: 0, refreshS: 10, apiToken: token, log: silentLogger() },
    source: { status: () => Promise.resolve(quietStatus()) },
    health: new Health(),
    metrics: new Metrics({ version: '1' }),
    explain: explainer,
  });
  await server.start();
  onTestFinished(() => server.stop());
  return (query, init = { headers: bearer }) =>
    fetch(`http://127.0.0.1:${String(server.port)}/api/v1/explain?${query}`, init);
}

async function overTree(): Promise<Explainer> {
  const root = await tempTree({
    '46xxsettings.txt': 'IF $SIG SEQ 2 GOTO a\nSET A 1\n# a\nSET B 2',
  });
  const delivery = new TreeDelivery({ trees: { HTTP: root }, cacheBytes: 1_000 });
  return async ({ variable: variables, server = 'http', ...query }) => {
    const { request, facts } = readQuestion({ ...query, server, variables });
    return await explain(delivery, request, facts);
  };
}

const question = 'ip=192.0.2.7&file=46xxsettings.txt&model=J179&variable=SIG%3D2&variable=X%3D1';

it('explains in JSON, as its schema says', async () => {
  const ask = await asking(await overTree());
  const response = await ask(question);
  expect(response.status).toBe(200);
  const explanation: unknown = await response.json();
  expect(Compile(explanationSchema).Check(explanation)).toBe(true);
  expect(explanation).toMatchObject({
    variables: { MODEL4: 'J179', SIG: '2', X: '1' },
    settings: [{ name: 'B', value: '2', file: '46xxsettings.txt', line: 4 }],
  });
});

it.each([
  ['no token', {}],
  ['a wrong token', { authorization: 'Bearer wrong' }],
])('tells nothing to who shows %s', async (_, headers: Record<string, string>) => {
  let asked = 0;
  const ask = await asking(() => Promise.reject(new Error(String((asked += 1)))));
  const response = await ask(question, { headers });
  expect([response.status, asked]).toEqual([401, 0]);
  expect(await response.json()).toMatchObject({ code: 'API_TOKEN_WRONG' });
});

it.each([
  ...['', 'ip=192.0.2.7', 'file=a', 'ip=phone&file=a', 'ip=192.0.2.7&file=a&server=gopher'],
  ...['ip=192.0.2.7&file=a&mac=1', `ip=192.0.2.7&file=${'a'.repeat(2_000)}`],
])('refuses the question %j', async (query) => {
  const ask = await asking(await overTree());
  const response = await ask(query);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'USAGE' });
});

it('makes two explanations at a time', async () => {
  const going = Promise.withResolvers<never>();
  const started: (() => void)[] = [];
  const ask = await asking(() => {
    started.shift()?.();
    return going.promise;
  });
  const both = [0, 1].map(() => new Promise<void>((resolve) => started.push(resolve)));
  const answers = [ask(question), ask(question)];
  await Promise.all(both);
  expect((await ask(question)).status).toBe(503);
  going.reject(new Error('enough'));
  for (const answer of answers) expect((await answer).status).toBe(500);
  expect((await ask(question)).status).toBe(500);
});
