import { HistoryReader, HistoryRecorder } from '#libs/history';
import { HistoryTable, relayCounts, type RelayCount } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import { recordIntakes, transferOutcomes } from '#libs/observe';
import type { HistoryAsker } from '#libs/pages';
import type { InventoryPart } from './inventory-part.ts';
import type { Runtime } from './runtime.ts';
import type { ServerStatus } from './status-source.ts';
import type { SyncPart } from './sync-part.ts';

/** What a killed server loses of its history at most, in milliseconds. */
const writeEveryMs = 60_000;

export interface HistoryPart {
  readonly service: Service;
  readonly ask: HistoryAsker;
}

export interface HistoryPartOptions {
  readonly runtime: Runtime;
  readonly status: ServerStatus;
  readonly inventory: InventoryPart;
  readonly sync: SyncPart | undefined;
}

/** How it has been over time: fed by the counters that are there anyway. */
export function historyPart({ runtime, status, inventory, sync }: HistoryPartOptions): HistoryPart {
  const { journal, clock, log, metrics } = runtime;
  const table = new HistoryTable(journal);
  const relayed = (of: (count: RelayCount) => number) =>
    relayCounts(journal).map((count) => [`${count.kind} ${count.way}`, of(count)] as const);
  const intake = (what: 'records' | 'bytes') => {
    const counts = metrics.intakeCounts();
    return recordIntakes.map((name) => [name, counts[name][what]] as const);
  };
  const recorder = new HistoryRecorder({
    table,
    counters: [
      { series: 'transfers', lasting: false, read: () => transferCounts(runtime) },
      { series: 'transfer-bytes', lasting: false, read: () => transferBytes(runtime) },
      { series: 'relay-files', lasting: true, read: () => relayed(({ files }) => files) },
      { series: 'relay-bytes', lasting: true, read: () => relayed(({ bytes }) => bytes) },
      { series: 'records', lasting: false, read: () => intake('records') },
      { series: 'record-bytes', lasting: false, read: () => intake('bytes') },
    ],
    levels: [
      { series: 'firmware', read: () => Promise.resolve(inventory.firmware()) },
      { series: 'branches', read: () => branchCounts(status) },
    ],
    clock,
    everyMs: writeEveryMs,
    onFailure: ({ code, message }) => {
      log.warn({ code, reason: message }, 'history was not written');
    },
  });
  metrics.relay.counts(() => relayCounts(journal));
  const reader = new HistoryReader(table, clock);
  let unsubscribe: (() => void) | undefined;
  return {
    ask: (question) => reader.ask(question),
    service: {
      name: recorder.name,
      start: async () => {
        unsubscribe = sync?.runs.subscribe(({ state, startedAt, endedAt }) => {
          if (endedAt !== undefined) recorder.observe('sync-runs', state, endedAt - startedAt);
        });
        await recorder.start();
      },
      stop: async () => {
        unsubscribe?.();
        await recorder.stop();
      },
    },
  };
}

/** All directions together: the bytes tell them apart. */
function transferCounts({ metrics }: Runtime): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { protocol, ...tally } of metrics.transfers.list()) {
    for (const outcome of transferOutcomes) {
      const label = `${protocol} ${outcome}`;
      counts.set(label, (counts.get(label) ?? 0) + tally[outcome]);
    }
  }
  return counts;
}

function transferBytes({ metrics }: Runtime): (readonly [string, number])[] {
  return metrics.transfers
    .list()
    .filter(({ direction }) => direction !== 'removal')
    .map(({ protocol, direction, bytes }) => [`${protocol} ${direction}`, bytes] as const);
}

async function branchCounts(status: ServerStatus): Promise<Map<string, number>> {
  const { hub } = await status.status();
  const counts = new Map<string, number>();
  for (const { state } of hub?.branches ?? []) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}
