import { execFile } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { Health, Metrics, silentLogger } from '#libs/observe';
import { StatusServer, type Status } from '#libs/pages';
import { debianProgram } from '../bench/support/debian-program.ts';
import { mirrorBehind } from '../support/fake-mirror.ts';
import { branchStatus, hubStatus, quietStatus } from '../support/fake-status.ts';
import { tempFolder } from '../support/temp-folder.ts';

const run = promisify(execFile);
const rules = 'packaging/prometheus/branchline.rules.yml';

/** Unpacked, not installed: no service of it starts. */
const promtool =
  process.getuid?.() === 0 ? await debianProgram('prometheus').catch(() => undefined) : undefined;

/** Names and labels of all that a server says, as Prometheus would read it. */
async function scraped(status: Status): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const metrics = new Metrics({ version: '1.4.0' });
  metrics.alarms([['disk-low', 0]]);
  const server = new StatusServer({
    address: '127.0.0.1',
    port: 0,
    refreshS: 10,
    source: { status: () => Promise.resolve(status) },
    metrics,
    health: new Health(),
    log: silentLogger(),
  });
  await server.start();
  onTestFinished(() => server.stop());
  const text = await (await fetch(`http://127.0.0.1:${String(server.port)}/metrics`)).text();
  const known = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? [\d.e+-]+$/gm)) {
    const all = known.get(name) ?? new Set(['instance', 'job']);
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) all.add(label);
    known.set(name, all);
  }
  return known;
}

/** Every metric that an expression names, with the labels that it asks for. */
const asked = (expression: string): { name: string; labels: string[] }[] =>
  [...expression.matchAll(/\b((?:branchline|process)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name = '', selector = '']) => ({
      name,
      labels: [...selector.matchAll(/(\w+)=~?"/g)].map(([, label = '']) => label),
    }),
  );

function strangersIn(
  expressions: readonly string[],
  known: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  return expressions.flatMap((expression) =>
    asked(expression).flatMap(({ name, labels }) => {
      const there = known.get(name);
      if (there === undefined) return [name];
      return labels.filter((label) => !there.has(label)).map((label) => `${name}{${label}}`);
    }),
  );
}

it('the dashboard and the alert rules ask only for what a server says', async () => {
  const known = new Map([
    ...(await scraped(hubStatus())),
    ...(await scraped(branchStatus())),
    ...(await scraped(quietStatus({ mirror: mirrorBehind() }))),
  ]);
  const dashboard = await readFile('packaging/grafana/branchline.json', 'utf8');
  const shown = [...dashboard.matchAll(/"(?:expr|query)": ("(?:[^"\\]|\\.)*")/g)].map(
    ([, quoted = '']) => String(JSON.parse(quoted)),
  );
  const text = await readFile(rules, 'utf8');
  const watched = [...text.matchAll(/^ {8}expr:(.*(?:\n {10}.*)*)/gm)].map(([, expr = '']) => expr);
  expect(shown.length).toBeGreaterThan(25);
  expect(watched).toHaveLength([...text.matchAll(/- alert: /g)].length);
  expect(strangersIn([...shown, ...watched], known)).toEqual([]);
  expect(
    strangersIn(['branchline_gone', 'rate(branchline_branches{colour="red"}[1m])'], known),
  ).toEqual(['branchline_gone', 'branchline_branches{colour}']);
  const ids = [...dashboard.matchAll(/^ {6}"id": (\d+)/gm)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

it('every alert says how urgent it is and what to do', async () => {
  const alerts = (await readFile(rules, 'utf8')).split('- alert: ').slice(1);
  expect(alerts.length).toBeGreaterThan(10);
  for (const alert of alerts) {
    expect(alert).toMatch(/severity: (critical|warning)/);
    expect(alert).toMatch(/summary: \S/);
    expect(alert).toMatch(/runbook: >-\n +\S.{20,}/);
  }
});

it.skipIf(promtool === undefined)(
  'the alerts fire when they should, and only then (promtool)',
  async () => {
    const folder = await tempFolder();
    await copyFile(rules, path.join(folder, 'branchline.rules.yml'));
    const tests = path.join(folder, 'rules.test.yml');
    await copyFile('test/prometheus/branchline.rules.test.yml', tests);
    const program = promtool?.program ?? '';
    expect((await run(program, ['check', 'rules', rules])).stdout).toContain('SUCCESS');
    const { stdout } = await run(program, ['test', 'rules', 'rules.test.yml'], { cwd: folder });
    expect(stdout).toContain('SUCCESS');
  },
);
