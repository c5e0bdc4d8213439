import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Metrics } from '#libs/observe';

const fresh = (): Metrics => new Metrics({ version: '1.2.3', loopDelay: undefined });

it('shows zero before anything has happened', async () => {
  const text = await fresh().text();
  expect(text).toContain(
    'branchline_transfers_total{protocol="tftp",direction="download",outcome="refused"} 0',
  );
  expect(text).toContain('branchline_sync_runs_total{job="updates",outcome="failed"} 0');
  expect(text).toContain('branchline_branches{state="overdue"} 0');
});

it('counts transfers once, however often it is asked', async () => {
  const metrics = fresh();
  metrics.transfers.started('http');
  metrics.transfers.ended('http', 'done', 1000);
  metrics.transfers.count('http', 'refused', 0, 'upload');
  metrics.transfers.started('tftp');
  await metrics.text();

  const text = await metrics.text();
  expect(text).toContain(
    'branchline_transfers_total{protocol="http",direction="download",outcome="done"} 1',
  );
  expect(text).toContain(
    'branchline_transfers_total{protocol="http",direction="upload",outcome="refused"} 1',
  );
  expect(text).toContain(
    'branchline_transfer_bytes_total{protocol="http",direction="download"} 1000',
  );
  expect(text).toContain('branchline_transfers_active{protocol="tftp"} 1');
  expect(text).toContain('branchline_transfers_active{protocol="http"} 0');
});

it('moves the time of the last success only for a complete run', async () => {
  const metrics = fresh();
  metrics.ran('updates', 'done', 'primary', 60_000);
  metrics.ran('updates', 'partly-done', 'primary', 90_000);
  expect(await metrics.text()).toContain(
    'branchline_sync_last_success_timestamp_seconds{peer="primary",job="updates"} 60\n',
  );
});

it('shows branches, certificates, disks, listeners and the loop', async () => {
  const metrics = new Metrics({ version: '1', loopDelay: () => ({ maxMs: 40, p99Ms: 5 }) });
  metrics.branches({ 'in-sync': 11, overdue: 1 });
  metrics.branches({ 'in-sync': 12 });
  metrics.certificate('hub', 5_000);
  metrics.disk('data', 10, 20, 1);
  metrics.listeners('https', 2, 1);
  metrics.fetched('secondary', 5);
  metrics.served(6);
  const text = await metrics.text();

  expect(text).toContain('branchline_branches{state="in-sync"} 12');
  expect(text).toContain('branchline_branches{state="overdue"} 0');
  expect(text).toContain('branchline_certificate_expiry_timestamp_seconds{name="hub"} 5');
  expect(text).toContain('branchline_disk_free_bytes{folder="data"} 10');
  expect(text).toContain('branchline_phones_listeners{protocol="https",state="failed"} 1');
  expect(text).toContain('branchline_event_loop_delay_seconds{stat="max"} 0.04');
  expect(text).toContain('branchline_fetched_bytes_total{peer="secondary"} 5');
  expect(text).toContain('branchline_hub_sent_bytes_total 6');
});

it('says of the mirror of a pair how far it is, and nothing where there is none', async () => {
  const metrics = fresh();
  expect(await metrics.text()).not.toMatch(/^branchline_mirror/m);
  metrics.mirror.stands({ inStep: true, areas: [{ area: 'tftp', behind: 3 }] });
  expect(await metrics.text()).toContain('branchline_mirror_in_step 1\n');
  metrics.mirror.stands({ inStep: false, areas: [{ area: 'tftp', behind: 2 }] });
  const text = await metrics.text();
  expect(text).toContain('branchline_mirror_in_step 0\n');
  expect(text).toContain('branchline_mirror_behind_files{area="tftp"} 2\n');
});

it('keeps two servers in one process apart', async () => {
  const [one, other] = [fresh(), fresh()];
  one.transfers.count('ftp', 'done', 1, 'upload');
  expect(await other.text()).toContain(
    'branchline_transfer_bytes_total{protocol="ftp",direction="upload"} 0',
  );
});

it('is listed in docs/reference/metrics.md: every metric, its kind and its labels, and nothing else', async () => {
  const metrics = fresh();
  metrics.certificate('hub', 0);
  metrics.disk('data', 0, 0, 0);
  metrics.alarms([['disk-low', 0]]);
  metrics.mirror.stands({ inStep: true, areas: [{ area: 'tftp', behind: 0 }] });
  const text = await metrics.text();
  const listed = [
    ...readFileSync('docs/reference/metrics.md', 'utf8').matchAll(
      /^\|\s*`(\w+)`\s*\|\s*(\w+)\s*\|(.*?)\|/gm,
    ),
  ].map(([, name = '', kind = '', labels = '']) => ({
    name,
    kind,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).join(),
  }));
  const real = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', kind = '']) => ({
    name,
    kind,
    labels: [...(new RegExp(`^${name}\\{(.*)\\}`, 'm').exec(text)?.[1] ?? '').matchAll(/(\w+)=/g)]
      .map(([, label]) => label)
      .join(),
  }));
  const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);

  expect(real.length).toBeGreaterThan(10);
  expect(listed.sort(byName)).toEqual(real.sort(byName));
});
