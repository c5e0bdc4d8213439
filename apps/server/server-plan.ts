import type { ArchiveLimits } from '#libs/archive';
import type { ProofKind } from '#libs/backups';
import type { ApplicationFolder, FtpLimits } from '#libs/ftp';
import type { OldTls } from '#libs/http';
import type { PhoneCertificatesOptions } from '#libs/identity';
import type { SnmpAccess } from '#libs/snmp';
import type { DataPorts } from '#libs/tftp';
import type { UploadKind } from '#libs/journal';
import type { CustomerFtpServer, PeerName, TreeFolders, UpdateInterval } from '#libs/sync';
import type { SteeringPlan } from './steering-plan.ts';

/** What one server is to be: `planOf` makes it from the settings, nothing else knows them. Times in milliseconds, sizes in bytes. */
export interface ServerPlan extends SteeringPlan {
  readonly bindAddress: string;
  readonly folders: {
    readonly state: string;
    readonly certificates: string;
    readonly updates: string;
    /** Of branches, a folder each, and of this server's own archives (Guide p. 39). */
    readonly backup: string;
    /** Call records: as they are collected here, as they came from branches, and where the collector reads them. */
    readonly records: Readonly<Record<RecordKind, RecordFolders>>;
    readonly trees: TreeFolders;
  };
  readonly status:
    { readonly port: number; readonly refreshS: number; readonly apiToken: string } | undefined;
  readonly tftp: TftpPlan | undefined;
  readonly ftp: FtpPlan | undefined;
  /** How telephones are asked who they are; undefined when they are not. */
  readonly snmp: SnmpPlan | undefined;
  readonly http: { readonly ports: readonly number[] } | undefined;
  /** What telephones may save by HTTP and HTTPS. */
  readonly uploads: {
    readonly backups: (UploadPlan & { readonly proof: ProofKind }) | undefined;
    readonly devices: UploadPlan | undefined;
  };
  readonly https: HttpsPlan | undefined;
  /** Of every TLS listener for telephones; made where the administrator names none. */
  readonly phoneCertificates: Pick<PhoneCertificatesOptions, 'pairs' | 'clientAuthorityFile'>;
  readonly hub: HubPlan | undefined;
  readonly branch: BranchPlan | undefined;
  readonly publishing: {
    readonly patterns46xx: readonly string[];
    readonly limits: ArchiveLimits;
    readonly reserveBytes: number;
    readonly keepPrevious: number;
    readonly settleMs: number;
    readonly rescanMs: number;
  };
  /** Call records that come over the network. */
  readonly intakes: IntakesPlan;
  readonly retention: RetentionPlan;
  /** True when FTPdata is packed every hour (Guide p. 39). */
  readonly archive: boolean;
  /** Where the archive goes as well (Guide key CustomFTP). */
  readonly customFtp: CustomerFtpServer | undefined;
  readonly log: {
    readonly detailed: boolean;
    readonly file: string | undefined;
    readonly maxBytes: number;
    readonly files: number;
  };
  /** Percent in use. */
  readonly disks: { readonly lowPercent: number; readonly alarmPercent: number };
  /** Undefined when nothing is audited. */
  readonly audit:
    { readonly folder: string; readonly maxBytes: number; readonly maxAgeMs: number } | undefined;
  /** For people: what the settings ask for and this server does not do. */
  readonly warnings: readonly string[];
}

export interface UploadPlan {
  /** Patterns. */
  readonly names: readonly string[];
  readonly folder: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly maxTotalBytes: number;
  readonly keepVersions: number;
}

export interface TftpPlan {
  readonly port: number;
  readonly dataPorts: DataPorts;
  readonly batching: boolean;
  /** Telephones with a place at a time, and milliseconds that each keeps it; 0 for no limit. */
  readonly maxClients: number;
  readonly sessionMs: number;
}

export interface FtpPlan {
  readonly servers: readonly {
    readonly name: 'ftp' | 'ftps';
    readonly port: number;
    /** Port that active data connections come from. */
    readonly activePort: number;
  }[];
  readonly passivePorts: 'any' | { readonly from: number; readonly to: number };
  readonly passiveAddress: string | undefined;
  /** Data connections must resume a TLS session. */
  readonly resumedOnly: boolean;
  readonly limits: Pick<FtpLimits, 'silenceMs' | 'maxSessions' | 'maxSessionsPerAddress'>;
  readonly superUser:
    | {
        readonly name: string;
        readonly password: string;
        readonly maxBytes: number;
        readonly folders: readonly ApplicationFolder[];
      }
    | undefined;
}

export interface SnmpPlan {
  /** Holds secrets. */
  readonly access: SnmpAccess;
  readonly port: number;
  readonly timeoutMs: number;
  /** The first question included. */
  readonly tries: number;
  /** Guide keys ExtObject and TypeObject. */
  readonly objects: { readonly extension: string; readonly type: string };
  /** True when the operator chose them. */
  readonly objectsChosen: boolean;
  readonly keepMs: number;
  readonly keepFailureMs: number;
}

/** Kinds of call records (Guide p. 43). */
export type RecordKind = Exclude<UploadKind, 'backup'>;

export interface RecordFolders {
  readonly collected: string;
  readonly received: string;
  readonly inbox: string;
}

export interface IntakesPlan {
  readonly link:
    | { readonly port: number; readonly peers: readonly string[]; readonly kind: RecordKind }
    | undefined;
  readonly web:
    | {
        readonly port: number;
        readonly path: string;
        readonly peers: readonly string[];
        /** Empty for none. */
        readonly password: string;
        readonly kind: RecordKind;
        readonly maxBytes: number;
      }
    | undefined;
  /** Of the files that records go into. */
  readonly pattern: string;
  readonly cut: { readonly bytes: number; readonly ms: number };
  /** 0 for never. */
  readonly silenceMs: number;
}

/** How long call records are kept (Guide p. 43, `RetainDays`), and what is told. */
export interface RetentionPlan {
  readonly retainMs: number;
  /** Percent. */
  readonly guard: number;
  readonly gapMs: number;
}

export interface HttpsPlan {
  /** For telephones of today; may be empty. */
  readonly ports: readonly number[];
  /** A listener of its own. */
  readonly oldTls: (OldTls & { readonly ports: readonly number[] }) | undefined;
}

export interface HubPlan {
  /** Kinds of call records that are taken from branches. */
  readonly takes: readonly RecordKind[];
  readonly hubPort: number;
  readonly joinPort: number;
  /** Under which branches reach this hub: stands in invitations. */
  readonly address: string;
  /** Every name and address that its certificate holds. */
  readonly names: readonly string[];
  readonly branchCertificateMs: number;
  readonly invitationMs: number;
  /** The other hub that takes records of the same branches; undefined when there is none. */
  readonly pair:
    | {
        readonly peer: string;
        readonly everyMs: number;
        /** Between two looks at the folders that both hold alike; undefined when there are none. */
        readonly mirrorMs: number | undefined;
      }
    | undefined;
}

export interface BranchPlan {
  readonly peers: readonly {
    readonly peer: PeerName;
    readonly host: string;
    readonly port: number;
  }[];
  readonly interval: UpdateInterval;
  /** What it asks of its hubs: updates to come down, files to go up. */
  readonly pulls: boolean;
  readonly sends: Readonly<Record<UploadKind, boolean>>;
  readonly proxy:
    | {
        readonly address: string;
        readonly port: number;
        readonly user?: string;
        readonly password?: string;
      }
    | undefined;
}

/** True when telephones are served here: then updates are unpacked into the trees. */
export const servesPhones = ({ tftp, ftp, http, https }: ServerPlan): boolean =>
  tftp !== undefined || ftp !== undefined || http !== undefined || https !== undefined;
