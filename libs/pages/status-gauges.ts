import { phoneProtocols, type Metrics } from '#libs/observe';
import type { RelayStatus, Status } from './status.ts';

/** Bring what the status knows into the gauges that nobody counts by himself. */
export function gaugeStatus(status: Status, metrics: Metrics): void {
  const { listeners, hub, sync, relay, mirror, disks, certificates, phones } = status;
  for (const protocol of phoneProtocols) {
    const own = listeners.filter((listener) => listener.protocol === protocol);
    const failed = own.filter(({ state }) => state === 'failed').length;
    const listening = own.filter(({ state }) => state === 'listening').length;
    metrics.listeners(protocol, listening, failed);
  }
  if (hub) gaugeBranches(hub, metrics);
  if (sync) gaugeSync(sync, metrics);
  if (relay) gaugeRelay(relay, metrics);
  if (mirror) metrics.mirror.stands(mirror);
  metrics.phones({ ever: phones.known.total, today: phones.known.today });
  for (const { folder, freeBytes, totalBytes, level } of disks)
    metrics.disk(folder, freeBytes, totalBytes, diskLevels[level]);
  for (const { name, expiresAt } of certificates) metrics.certificate(name, Date.parse(expiresAt));
}

const diskLevels = { ok: 0, low: 1, alarm: 2 } as const;

function gaugeBranches({ branches }: NonNullable<Status['hub']>, metrics: Metrics): void {
  const counts = Map.groupBy(branches, ({ state }) => state);
  metrics.branches(
    Object.fromEntries([...counts].map(([state, members]) => [state, members.length])),
  );
  const seen = branches
    .filter(({ state }) => state !== 'revoked')
    .map(({ lastSeenAt }) => lastSeenAt)
    .filter((at) => at !== null)
    .map((at) => Date.parse(at));
  metrics.longestUnseen(seen.length === 0 ? undefined : seen.reduce((a, b) => Math.min(a, b)));
}

function gaugeSync(
  { lastRun, lastSuccessAt }: NonNullable<Status['sync']>,
  metrics: Metrics,
): void {
  metrics.lastRun({
    completeAtMs: lastSuccessAt === null ? 0 : Date.parse(lastSuccessAt),
    tookMs:
      lastRun === null || lastRun.endedAt === null
        ? undefined
        : Math.max(0, Date.parse(lastRun.endedAt) - Date.parse(lastRun.startedAt)),
  });
}

function gaugeRelay({ outgoing, incoming }: RelayStatus, metrics: Metrics): void {
  const of = (
    side: 'up' | 'collector',
    { kind, waiting, oldestWaitingAt }: RelayStatus['outgoing' | 'incoming'][number],
  ) => ({
    side,
    kind,
    files: waiting,
    oldestAt: oldestWaitingAt === null ? undefined : Date.parse(oldestWaitingAt),
  });
  metrics.relay.waiting([
    ...outgoing.map((each) => of('up', each)),
    ...incoming.filter(({ kind }) => kind !== 'backup').map((each) => of('collector', each)),
  ]);
  metrics.relay.trouble({
    gaps: incoming.filter(({ missing }) => missing).length,
    damaged: incoming.reduce((sum, { damaged }) => sum + damaged, 0),
  });
}
