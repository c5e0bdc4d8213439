import { Counter, Gauge, type Registry } from 'prom-client';
import type { MetricsOptions } from './metrics.ts';

/** What /metrics says of the process itself. */
export function processMetrics(
  registers: Registry[],
  { version, loopDelay }: MetricsOptions,
): void {
  new Gauge({
    name: 'branchline_build_info',
    help: 'Version of the server and of Node; always 1',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.versions.node }, 1);
  new Gauge({
    name: 'branchline_event_loop_delay_seconds',
    help: 'Delay of the event loop since the last scrape',
    labelNames: ['stat'],
    registers,
    collect() {
      const delay = loopDelay?.() ?? { maxMs: 0, p99Ms: 0 };
      this.set({ stat: 'max' }, delay.maxMs / 1000);
      this.set({ stat: 'p99' }, delay.p99Ms / 1000);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the server',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, user and system',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Unix time at which the server started',
    registers,
  }).set(Math.round(Date.now() / 1000 - process.uptime()));
}
