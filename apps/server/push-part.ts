import { makeFolder } from '#libs/files';
import { OutgoingTable, uploadKinds, type UploadKind } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import {
  isClosedByName,
  isWeekArchiveName,
  mayBeClosed,
  OutgoingFiles,
  OutgoingRetention,
  PushFiles,
  type Job,
  type OutgoingSource,
} from '#libs/sync';
import type { ArchivePart } from './archive-part.ts';
import type { JoinedHub } from './branch-part.ts';
import type { Runtime } from './runtime.ts';
import type { BranchPlan, RecordKind, ServerPlan } from './server-plan.ts';
import { toldAfter } from './told-after.ts';
import { httpBackups } from './upload-part.ts';

/** What goes up from here, as jobs of the sync: one for each kind that the settings ask for. */
export function pushJobs(
  plan: ServerPlan,
  branch: BranchPlan,
  hubs: readonly JoinedHub[],
  runtime: Runtime,
  archive: ArchivePart | undefined,
): Partial<Record<UploadKind, Job>> {
  const { sends, pulls } = branch;
  const push = new Pushes(plan, hubs, runtime);
  const jobs: Partial<Record<UploadKind, Job>> = {
    ...(sends.backup && { backup: archivedFirst(push.backups(), archive) }),
    ...(sends.cdr && { cdr: push.records('cdr') }),
    ...(sends.bcms && { bcms: push.records('bcms') }),
  };
  if (pulls) return jobs;
  const kinds = uploadKinds.filter((kind) => jobs[kind] !== undefined);
  const told = { hubs, kinds, table: new OutgoingTable(runtime.journal), log: runtime.log };
  return Object.fromEntries(
    Object.entries(jobs).map(([kind, job]) => [kind, toldAfter(job, told)]),
  );
}

/** Who asks for a backup by hand wants the archive of now in it; the schedule has its own hour. */
const archivedFirst =
  (job: Job, archive: ArchivePart | undefined): Job =>
  async (report, signal, how) => {
    if (how.byHand) await archive?.make(signal);
    await job(report, signal, how);
  };

/** The folders that programs put records into are there from the first start on (Guide p. 43), as those of telephones are. */
export const recordFolders = ({ folders }: ServerPlan, { sends }: BranchPlan): Service => ({
  name: 'folders of records',
  start: async () => {
    for (const kind of ['cdr', 'bcms'] as const) {
      if (sends[kind]) await makeFolder(folders.records[kind].collected);
    }
  },
  stop: () => Promise.resolve(),
});

class Pushes {
  readonly #plan: ServerPlan;
  readonly #hubs: readonly JoinedHub[];
  readonly #runtime: Runtime;
  readonly #table: OutgoingTable;

  constructor(plan: ServerPlan, hubs: readonly JoinedHub[], runtime: Runtime) {
    this.#plan = plan;
    this.#hubs = hubs;
    this.#runtime = runtime;
    this.#table = new OutgoingTable(runtime.journal);
  }

  backups(): Job {
    const { clock } = this.#runtime;
    const sources = backupSources(this.#plan);
    return this.#job(new OutgoingFiles({ kind: 'backup', sources, table: this.#table, clock }));
  }

  records(kind: RecordKind): Job {
    const { clock, log, refused, audit } = this.#runtime;
    const { folders, retention } = this.#plan;
    const table = this.#table;
    const sources = [{ prefix: '', folder: folders.records[kind].collected, mayBeClosed }];
    const files = new OutgoingFiles({ kind, sources, table, clock, isClosedByName });
    const peers = this.#hubs.map(({ upstream }) => upstream.peer);
    const { retainMs, guard } = retention;
    return this.#job(
      files,
      new OutgoingRetention({ files, table, peers, retainMs, guard, clock, log, refused, audit }),
    );
  }

  #job(files: OutgoingFiles, retention?: OutgoingRetention): Job {
    const { clock, log } = this.#runtime;
    const push = new PushFiles({
      upstreams: this.#hubs.map(({ upstream: { peer, address, breaker }, client }) => ({
        ...{ peer, address, breaker },
        uploads: client.uploads,
      })),
      files,
      table: this.#table,
      clock,
      log: log.child({ service: 'push', kind: files.kind }),
      eitherIsEnough: files.kind !== 'backup',
      retention,
    });
    return (report, signal, how) => push.run(report, signal, how);
  }
}

/** Each folder under its own name, so that equal names in two of them stay apart. */
const backupSources = ({ folders, uploads }: ServerPlan): OutgoingSource[] => [
  // The archives of the week go up from Backup.
  {
    prefix: 'FTPdata',
    folder: folders.trees.FTP,
    mayBeClosed: (name) => !isWeekArchiveName(name),
  },
  ...(uploads.backups === undefined
    ? []
    : [{ prefix: httpBackups, folder: uploads.backups.folder }]),
  { prefix: 'Backup', folder: folders.backup, flat: true },
];
