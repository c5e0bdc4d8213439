import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { watchdogMetrics } from '#libs/watchdog';

it('docs/how-to/watchdog.md lists every metric of the watchdog, with its labels', async () => {
  const text = await watchdogMetrics({
    ...{ name: 'lisbon', version: '1', startedAt: '2026-11-26T14:00:00Z' },
    ...{ clock: '2026-11-26T14:02:00Z', everyS: 60, limit: 5, rounds: 2, lastRoundAt: null },
    ...{ sensedBy: 'settings', trouble: null, alertsSinceStart: 0, script: null, alerts: [] },
    servers: [
      {
        ...{ name: 'TFTP', protocol: 'tftp', host: '127.0.0.1', port: 69, missed: 3 },
        ...{ state: 'missed', ms: 1500, arrivedAt: null, trouble: null },
      },
    ],
  });
  const told = [...text.matchAll(/^(branchline_\w+)(?:\{(.*?)\})? \S+$/gm)].map(
    ([, name, labels = '']) => [name, [...labels.matchAll(/(\w+)=/g)].map(([, label]) => label)],
  );
  const page = readFileSync('docs/how-to/watchdog.md', 'utf8');
  const listed = [...page.matchAll(/^\| `(branchline_\w+)` +\| gauge +\|([^|]*)\|/gm)].map(
    ([, name, labels = '']) => [name, labels.trim() === '' ? [] : labels.trim().split(', ')],
  );
  expect(told).toEqual(listed);
  expect(text).toContain('branchline_watchdog_missed_files{protocol="tftp",port="69"} 3\n');
});
