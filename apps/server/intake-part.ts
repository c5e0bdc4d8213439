import { HubPair, SqliteLedger, type Ledger } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import type { HeldBackups, ToldLedger, UploadIntake } from '#libs/link';
import {
  BackupsOfBranches,
  BackupShelf,
  Collector,
  Intake,
  ReceivedFiles,
  ReceivedRetention,
  RecordFolder,
  sweepIncoming,
} from '#libs/sync';
import { hubBackupStore, maxUploadBytes } from './hub-backups.ts';
import { openPairing } from './pair-part.ts';
import type { PeerLink } from './peer-link.ts';
import type { Runtime } from './runtime.ts';
import type { HubPlan, RecordKind, ServerPlan } from './server-plan.ts';

const weekMs = 7 * 86_400_000;

/** How often records that could not be delivered are tried again, and how often what is old is looked for, in milliseconds. */
const deliverAgainMs = 60_000;
const retentionMs = 15 * 60_000;

/** A hub's sides of what comes up from its branches: taking it, finding it again, handing it on, letting it go. */
export interface IntakePart {
  readonly intake: UploadIntake;
  readonly held: HeldBackups;
  readonly ledger: Ledger;
  /** For the other hub of a pair, if there is one. */
  readonly told: ToldLedger | undefined;
  readonly services: readonly Service[];
}

export async function intakePart(
  plan: ServerPlan,
  hub: HubPlan,
  link: PeerLink | undefined,
  runtime: Runtime,
): Promise<IntakePart> {
  const { folders, publishing, retention } = plan;
  const { journal, clock, log, refused, audit } = runtime;
  const { reserveBytes } = publishing;
  const store = hubBackupStore(plan, { clock, log: log.child({ service: 'backups' }) });
  await store.prepare();
  const ledger = new SqliteLedger(journal, { paired: hub.pair !== undefined });
  const pair = new HubPair(journal, ledger.id);
  // Before anything is delivered.
  pair.setPaired(hub.pair !== undefined);
  const records: Partial<Record<RecordKind, RecordFolder>> = {};
  for (const kind of hub.takes) records[kind] = new RecordFolder(folders.records[kind].received);
  const collectors = new Map(
    hub.takes.map((kind) => [kind, collector(kind, plan, ledger, runtime)] as const),
  );
  const shelves = { backup: new BackupShelf(folders.backup, store), ...records };
  const pairing =
    hub.pair === undefined || link === undefined
      ? undefined
      : openPairing({
          plan,
          pairPlan: hub.pair,
          link,
          pair,
          runtime,
          shelves,
          intake: () => intake,
          onOurs: () => {
            for (const each of collectors.values()) each.wake();
          },
        });
  for (const { incoming } of Object.values(shelves)) await sweepIncoming(incoming);
  const intake: Intake = new Intake({
    ledger,
    shelves,
    reserveBytes,
    maxBytes: maxUploadBytes,
    clock,
    log: log.child({ service: 'intake' }),
    audit,
    onReceived: (kind) => {
      if (kind === 'backup') return;
      if (pairing === undefined) collectors.get(kind)?.wake();
      else pairing.wake();
    },
    onClash: ({ branch, kind, name }, storedAs) => {
      refused(
        'RECORD_NAME_REUSED',
        `${branch} sent other ${kind} records under the name ${name}; they are kept as ${storedAs}`,
      );
    },
  });
  const keeping = new ReceivedRetention({
    ledger,
    shelves: records,
    retainMs: retention.retainMs + weekMs,
    guard: retention.guard,
    gapMs: retention.gapMs,
    incoming: Object.values(shelves).map(({ incoming }) => incoming),
    partMs: weekMs,
    everyMs: retentionMs,
    clock,
    log: log.child({ service: 'retention' }),
    audit,
    refused,
  });
  const held = new BackupsOfBranches({
    folder: folders.backup,
    ledger,
    log: log.child({ service: 'backups' }),
  });
  const files = new ReceivedFiles(ledger, shelves);
  return {
    ...{ intake, held, ledger },
    told: hub.pair && { peer: hub.pair.peer, pair, open: (identity) => files.open(identity) },
    services: [...collectors.values(), keeping, ...(pairing?.services ?? [])],
  };
}

function collector(
  kind: RecordKind,
  { folders }: ServerPlan,
  ledger: Ledger,
  { clock, log, refused, audit }: Runtime,
): Collector {
  const { received, inbox } = folders.records[kind];
  return new Collector({
    kind,
    ledger,
    records: new RecordFolder(received),
    inbox,
    clock,
    log: log.child({ service: 'delivery' }),
    audit,
    retryMs: deliverAgainMs,
    onFailure: (sentence, error) => {
      refused('RECORDS_NOT_DELIVERED', `${sentence} to ${inbox}: ${reasonOf(error)}`);
    },
    onDamaged: ({ branch, name, storedAs }) => {
      refused(
        'RECORD_DAMAGED',
        `${storedAs} of ${branch} in ${received} is no longer the ${kind} record ${name} that came; it is not delivered, the others are`,
      );
    },
  });
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
