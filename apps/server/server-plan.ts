import type { ArchiveLimits } from '#libs/archive';
import type { OldTls } from '#libs/http';
import type { PhoneCertificatesOptions } from '#libs/identity';
import type { DataPorts } from '#libs/tftp';
import type { UploadKind } from '#libs/journal';
import type { PeerName, TreeFolders, UpdateInterval } from '#libs/sync';

/** What one server is to be: `planOf` makes it from the settings, nothing else knows them. Times in milliseconds, sizes in bytes. */
export interface ServerPlan {
  readonly name: string;
  readonly bindAddress: string;
  readonly folders: {
    readonly state: string;
    readonly certificates: string;
    readonly updates: string;
    /** Of branches, a folder each, and of this server's own archives (Guide p. 39). */
    readonly backup: string;
    readonly trees: TreeFolders;
  };
  readonly status:
    { readonly port: number; readonly refreshS: number; readonly apiToken: string } | undefined;
  readonly tftp: TftpPlan | undefined;
  readonly http: { readonly ports: readonly number[] } | undefined;
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
  readonly log: {
    readonly detailed: boolean;
    readonly file: string | undefined;
    readonly maxBytes: number;
    readonly files: number;
  };
  /** For people: what the settings ask for and this server does not do. */
  readonly warnings: readonly string[];
}

export interface TftpPlan {
  readonly port: number;
  readonly dataPorts: DataPorts;
  /** Telephones with a place at a time, and milliseconds that each keeps it; 0 for no limit. */
  readonly maxClients: number;
  readonly sessionMs: number;
}

export interface HttpsPlan {
  /** For telephones of today; may be empty. */
  readonly ports: readonly number[];
  /** A listener of its own. */
  readonly oldTls: (OldTls & { readonly ports: readonly number[] }) | undefined;
}

export interface HubPlan {
  readonly hubPort: number;
  readonly joinPort: number;
  /** Under which branches reach this hub: stands in invitations. */
  readonly address: string;
  /** Every name and address that its certificate holds. */
  readonly names: readonly string[];
  readonly branchCertificateMs: number;
  readonly invitationMs: number;
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
export const servesPhones = ({ tftp, http, https }: ServerPlan): boolean =>
  tftp !== undefined || http !== undefined || https !== undefined;
