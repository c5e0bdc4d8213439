import { Type, type Static } from 'typebox';
import { phoneProtocols, transferDirections, transferOutcomes } from '#libs/observe';
import { branchSchema } from './branch-schema.ts';
import { mirror } from './mirror-schema.ts';
import { recordIntake } from './record-schema.ts';
import { relay } from './relay-schema.ts';
import { closed, count, list, orNull, problem, text, time } from './schema-words.ts';
import { statusLimits } from './status-limits.ts';
import { fileStates, runStates, runWhats } from './sync-control.ts';

const server = Type.Object(
  {
    name: text('Name of this server'),
    version: text('Version of Branchline'),
    node: text('Version of Node'),
    roles: list(Type.Enum(['phones', 'branch', 'hub']), 3),
    startedAt: time('Start of the process'),
    uptimeS: count('Seconds since then'),
    clock: time('Clock of this server when the status was made'),
  },
  closed,
);

const listener = Type.Object(
  {
    name: text('For people, such as "TFTP" or "Hub"'),
    protocol: text('tftp, http, https, ftp, ftps, hub, join, status'),
    address: text('Address it is bound to'),
    port: count('Port'),
    state: Type.Enum(['listening', 'starting', 'failed']),
    detail: text('Why it failed, or what people should know; may be empty'),
  },
  closed,
);

const transfer = Type.Object(
  {
    at: time('End of the transfer'),
    protocol: Type.Enum([...phoneProtocols]),
    direction: Type.Enum([...transferDirections]),
    phone: text('Address of the phone'),
    agent: text('User-Agent as the phone sent it; may be empty'),
    name: text('Name of the file as it is spelled here, else as the phone asked for it'),
    insteadOf: orNull(text('What was asked for when a refused phone got the substitute')),
    outcome: Type.Enum([...transferOutcomes]),
    bytes: count('Bytes sent or received'),
    ms: count('Milliseconds from request to end'),
    code: orNull(text('Error code of a refusal or failure')),
  },
  closed,
);

const accessRule = Type.Object(
  {
    tree: Type.Enum(['TFTP', 'FTP', 'HTTP', 'HTTPS']),
    state: Type.Enum(['open', 'list', 'closed'], {
      description: 'open: no list; list: who is in it; closed: a list that cannot be read',
    }),
    list: orNull(text('Name of the list that counts')),
    lines: count('Lines of it that count'),
    faults: count('Lines of it that are ignored'),
    firstFaults: list(
      Type.Object(
        { line: count('Line'), text: text('As it stands there'), why: text('What is wrong') },
        closed,
      ),
      statusLimits.faults,
    ),
    why: orNull(text('Why it cannot be read')),
  },
  closed,
);

const phones = Type.Object(
  {
    access: list(accessRule, 4),
    protocols: list(
      Type.Object(
        {
          protocol: Type.Enum([...phoneProtocols]),
          done: count('Complete transfers since the start'),
          failed: count('Transfers cut short'),
          refused: count('Requests answered with a refusal'),
          bytes: count('Bytes of files sent'),
          received: count('Bytes of files received'),
          active: count('Transfers going on'),
        },
        closed,
      ),
      phoneProtocols.length,
    ),
    recent: list(transfer, statusLimits.recent),
    known: Type.Object(
      {
        total: count('Telephones that are known; GET /api/v1/phones lists them'),
        today: count('Those that were seen today'),
        models: list(
          Type.Object(
            { model: text('Model, as proven or claimed'), phones: count('Telephones') },
            closed,
          ),
          statusLimits.models,
        ),
      },
      closed,
    ),
  },
  closed,
);

const peer = Type.Object(
  {
    address: text('host:port'),
    state: Type.Enum(['unknown', 'up', 'down', 'open-circuit'], {
      description: 'open-circuit: failed twice, not asked for five minutes',
    }),
    lastContactAt: orNull(time('Last good answer')),
    lastError: orNull(problem),
  },
  closed,
);

const updateFile = Type.Object(
  {
    name: text('Name in Updates'),
    size: count('Bytes'),
    sha256: text('Hexadecimal'),
    state: Type.Enum([...fileStates]),
    bytes: count('Bytes here so far'),
    code: orNull(text('Why it was refused')),
    reason: orNull(text('The same for people')),
    at: orNull(time('When it came into this state')),
  },
  closed,
);

const runSummary = Type.Object(
  {
    id: text('Identity of the run'),
    what: Type.Enum([...runWhats]),
    state: Type.Enum([...runStates]),
    startedAt: time('Start'),
    endedAt: orNull(time('End')),
    code: orNull(text('Why it failed')),
    message: orNull(text('The same for people')),
  },
  closed,
);

const sync = Type.Object(
  {
    state: Type.Enum(['idle', 'running', 'waiting-for-space', 'failed', 'frozen', 'not-joined']),
    intervalS: count('Seconds between two runs by the schedule'),
    primary: peer,
    secondary: orNull(peer),
    lastRun: orNull(runSummary),
    failures: count('Runs that failed one after the other, 20 at most'),
    lastSuccessAt: orNull(time('End of the last complete run')),
    nextRunAt: orNull(time('Next run by the schedule')),
    releaseVersion: orNull(count('Version of the published release')),
    bytesPerS: orNull(count('Speed of the run that is going on')),
    filesTotal: count('Files of the release; the list may be shorter'),
    files: list(updateFile, statusLimits.files),
  },
  closed,
);

const hub = Type.Object(
  {
    files: count('Files of the present release'),
    bytes: count('Their size'),
    releaseVersion: orNull(count('Version of the present release')),
    publishedAt: orNull(time('When it was signed')),
    timestampExpiresAt: orNull(time('Until when branches accept it unless it is signed again')),
    invitationsOpen: count('Invitations that were not used yet'),
    branchesTotal: count('Branches; the list may be shorter'),
    branches: list(branchSchema, statusLimits.branches),
  },
  closed,
);

const archive = Type.Object(
  {
    name: orNull(text('The latest archive of FTPdata, in Backup')),
    madeAt: orNull(time('When it was made')),
    files: count('Files in it'),
    bytes: count('Its size'),
    lastError: orNull(problem),
    customFtp: orNull(
      Type.Object(
        {
          server: text('The FTP server of the customer, CustomFTPHost'),
          name: orNull(text('The archive that it got last')),
          sentAt: orNull(time('When')),
          lastError: orNull(problem),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** The whole status: the body of GET /api/v1/status, and all that the page is made from. No secrets in it. */
export const statusSchema = Type.Object(
  {
    server,
    listeners: list(listener, statusLimits.listeners),
    phones,
    sync: orNull(sync),
    hub: orNull(hub),
    relay: orNull(relay),
    mirror: orNull(mirror),
    archive: orNull(archive),
    intakes: list(recordIntake, 2),
    disks: list(
      Type.Object(
        {
          folder: text('Folder of the settings'),
          freeBytes: count('Free for this server'),
          totalBytes: count('Size of the disk'),
          level: Type.Enum(['ok', 'low', 'alarm'], {
            description: 'By DiskLowPercent and DiskAlarmPercent',
          }),
        },
        closed,
      ),
      statusLimits.disks,
    ),
    certificates: list(
      Type.Object({ name: text('What it is for'), expiresAt: time('End of validity') }, closed),
      statusLimits.certificates,
    ),
    warnings: list(text('For people'), statusLimits.warnings),
    recentErrors: list(
      Type.Object(
        {
          code: text('Error code'),
          sentence: text('What happened, and where'),
          firstAt: time('First time'),
          at: time('Last time'),
          times: count('How often'),
        },
        closed,
      ),
      statusLimits.recent,
    ),
  },
  closed,
);

export type Status = Static<typeof statusSchema>;
export type SyncStatus = NonNullable<Status['sync']>;
export type PeerStatus = SyncStatus['primary'];
export type HubStatus = NonNullable<Status['hub']>;
export type ArchiveStatus = NonNullable<Status['archive']>;
export type RelayStatus = NonNullable<Status['relay']>;
export type MirrorStatus = NonNullable<Status['mirror']>;
export type RecordIntakeStatus = Status['intakes'][number];
export type BranchStatus = HubStatus['branches'][number];
export type AccessRuleStatus = Status['phones']['access'][number];
export type ListenerStatus = Status['listeners'][number];
export type UpdateFileStatus = SyncStatus['files'][number];

/** Where the status comes from; `apps/server` puts it together. */
export interface StatusSource {
  status(): Promise<Status>;
}

/** The same status with no list longer than the schema says. */
export function boundedStatus(status: Status): Status {
  const { sync, hub, relay: relayed, mirror: mirrored } = status;
  return {
    ...status,
    listeners: status.listeners.slice(0, statusLimits.listeners),
    phones: {
      ...status.phones,
      recent: status.phones.recent.slice(0, statusLimits.recent),
      known: {
        ...status.phones.known,
        models: status.phones.known.models.slice(0, statusLimits.models),
      },
    },
    sync: sync && { ...sync, files: sync.files.slice(0, statusLimits.files) },
    hub: hub && { ...hub, branches: hub.branches.slice(0, statusLimits.branches) },
    relay: relayed && {
      ...relayed,
      incoming: relayed.incoming.slice(0, statusLimits.relayed),
    },
    mirror: mirrored && {
      ...mirrored,
      areas: mirrored.areas.map((area) => ({
        ...area,
        failures: area.failures.slice(0, statusLimits.mirrorFailures),
      })),
    },
    disks: status.disks.slice(0, statusLimits.disks),
    certificates: status.certificates.slice(0, statusLimits.certificates),
    warnings: status.warnings.slice(0, statusLimits.warnings),
    recentErrors: status.recentErrors.slice(0, statusLimits.recent),
  };
}
