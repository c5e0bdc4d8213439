import { Gauge, Registry } from 'prom-client';
import type { WatchdogStatus } from './watchdog-status.ts';

export const metricsContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

/** /metrics of the watchdog, made from its status. docs/how-to/watchdog.md lists them, held by a test. */
export async function watchdogMetrics(status: WatchdogStatus): Promise<string> {
  const registry = new Registry();
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Gauge<Label> =>
    new Gauge({ name: `branchline_watchdog_${name}`, help, labelNames, registers: [registry] });

  gauge('rounds', 'Rounds since the start', []).set(status.rounds);
  gauge(
    'last_round_timestamp_seconds',
    'Unix time of the end of the latest round; 0 = none',
    [],
  ).set(status.lastRoundAt === null ? 0 : Date.parse(status.lastRoundAt) / 1_000);
  gauge('alerts', 'How often the limit was reached since the start', []).set(
    status.alertsSinceStart,
  );
  gauge('failure_limit', 'Missed files at which the alert script is run', []).set(status.limit);
  const labels = ['protocol', 'port'] as const;
  const up = gauge('up', '1 when all check files arrived in the latest round', labels);
  const missed = gauge('missed_files', 'The count of missed files', labels);
  const seconds = gauge('check_seconds', 'Duration of the latest request', labels);
  for (const { protocol, port, state, missed: count, ms } of status.servers) {
    const of = { protocol, port: String(port) };
    up.set(of, state === 'arrives' ? 1 : 0);
    missed.set(of, count);
    seconds.set(of, ms / 1_000);
  }
  return await registry.metrics();
}
