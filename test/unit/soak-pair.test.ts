import { expect, it } from 'vitest';
import { CallLines } from '../soak/call-lines.ts';
import { longLives, spreadOf } from '../soak/figures.ts';
import { lateArrivals } from '../soak/handset.ts';
import { faultKinds, pairPlan } from '../soak/pair-plan.ts';
import { plotOf } from '../soak/plot.ts';
import type { Sample } from '../soak/samples.ts';

it('draws the same plan from the same seed, with every kind of fault in it', () => {
  const options = { seed: 5, faults: 200, branches: 3 };
  expect(pairPlan(options)).toEqual(pairPlan(options));
  expect(pairPlan(options)).not.toEqual(pairPlan({ ...options, seed: 6 }));
  expect(new Set(pairPlan(options).map(({ kind }) => kind))).toEqual(new Set(faultKinds));
  const alone = pairPlan({ ...options, only: 'split' });
  expect(new Set(alone.map(({ kind }) => kind))).toEqual(new Set(['split']));
});

it('takes for the newest what was acknowledged last, what followed, and what had no answer shortly before', () => {
  const attempt = (sha256: string, acknowledged: boolean, seconds: number) => ({
    ...{ sha256, acknowledged, at: seconds * 1_000 },
  });
  const attempts = [
    attempt('long ago', false, 0),
    attempt('acknowledged', true, 50),
    attempt('without an answer', false, 95),
    attempt('newest', true, 100),
    attempt('since', false, 110),
  ];
  expect(lateArrivals(attempts, 3).map(({ sha256 }) => sha256)).toEqual([
    ...['without an answer', 'newest', 'since'],
  ]);
});

/** An hour in which memory grows by `growth` MB, looked at each minute. */
const hour = (pid: number, growth: number): Sample[] =>
  Array.from({ length: 61 }, (_, minute) => ({
    ...{ seconds: minute * 60, server: 'porto', pid, anonymousKB: 0, files: 100 },
    residentKB: (150 + (growth * minute) / 60) * 1024,
  }));

it('tells how memory grows in a long life, and leaves short ones out', () => {
  const short = hour(2, 0).slice(0, 5);
  expect(longLives([...hour(1, 24), ...short])).toEqual([
    {
      ...{ server: 'porto', minutes: 60, growthMBPerHour: 24 },
      ...{ residentMB: [150, 174, 174], files: [100, 100, 100] },
    },
  ]);
  expect(spreadOf([3, 1, 2.26], 1)).toEqual({ count: 3, p50: 2.3, max: 3 });
  expect(spreadOf([])).toEqual({ count: 0, p50: 0, max: 0 });
});

it('draws one line for each life in each panel', () => {
  const svg = plotOf([...hour(1, 5), ...hour(2, 5)], [{ seconds: 60, kind: 'kill: porto' }], 'all');
  expect(svg.match(/<polyline /g)).toHaveLength(4);
  expect(svg).toContain('<title>kill: porto</title>');
  expect(svg).not.toContain('NaN');
});

it('counts calls at the collector: none missing, none twice, none of nobody', async () => {
  const stop = new AbortController();
  // Nobody listens there: the calls are only counted.
  const lines = new CallLines('lisbon', '127.0.0.1');
  const running = lines.run(stop.signal, 5);
  await expect.poll(() => lines.sent).toBeGreaterThan(3);
  stop.abort();
  await running;
  await lines.finish(0);
  const sent = lines.missing;
  for (const line of sent.slice(1)) lines.took(line);
  const [first, second] = sent;
  if (first === undefined || second === undefined) throw new Error('two calls');
  expect(lines.judge()).toEqual([expect.stringContaining(first)]);
  lines.took(first);
  expect(lines.judge()).toEqual([]);
  lines.took(second);
  lines.took('lisbon 9999');
  expect(lines.judge()).toEqual([
    expect.stringContaining(second),
    expect.stringContaining('lisbon 9999'),
  ]);
});
