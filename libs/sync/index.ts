export { BranchBackups, type BranchBackupsOptions, type BranchCopy } from './branch-backups.ts';
export { DiskWatch, type DiskLevel, type DiskState, type DiskWatchOptions } from './disk-watch.ts';
export { isWeekArchiveName } from './archive-names.ts';
export { ArchiveDelivery } from './archive-delivery.ts';
export { ArchiveState } from './archive-state.ts';
export { CopyFromPeer, type CopyFromPeerOptions } from './copy-from-peer.ts';
export { CustomerFtp, defaultCustomerFtp, type CustomerFtpServer } from './customer-ftp.ts';
export { BackupShelf } from './backup-shelf.ts';
export { CircuitBreaker, defaultBreaker, type BreakerOptions } from './circuit-breaker.ts';
export { defaultFetchBackoff, fetchUpdate } from './fetch-update.ts';
export { BackupsOfBranches } from './held-backups.ts';
export { EarlierFiles } from './earlier-files.ts';
export { FtpArchive } from './ftp-archive.ts';
export { Intake, type IntakeOptions } from './intake.ts';
export { Collector, type CollectorLedger } from './collector.ts';
export { LackingUpdates } from './lacking-updates.ts';
export { LaterTries } from './later-tries.ts';
export { LocalPublishing } from './local-publishing.ts';
export { decideMirror, type MirrorDecision } from './mirror-decision.ts';
export { MirrorPull, type MirrorAreaState } from './mirror-pull.ts';
export { MirrorScan } from './mirror-scan.ts';
export { MirrorTaking, type MirrorFailure } from './mirror-taking.ts';
export { MirrorTelling } from './mirror-telling.ts';
export { MirrorWatch } from './mirror-watch.ts';
export type { FetchedFile, MirroredFolder } from './mirrored-folder.ts';
export { OutgoingRetention } from './outgoing-retention.ts';
export { OutgoingFiles, type OutgoingSource } from './outgoing-files.ts';
export { PasswordsFolder } from './passwords-folder.ts';
export { PhoneFolder, type PhoneFolderOptions } from './phone-folder.ts';
export { Placement, publishingRank, type Tree } from './placement.ts';
export { PushFiles, type PushOptions, type PushTarget } from './push-files.ts';
export { ProgressTeller } from './progress-teller.ts';
export { PullUpdates, type PullState } from './pull-updates.ts';
export { ReceivedRetention } from './received-retention.ts';
export { ReconcileLedgers, type ReconcileOptions } from './reconcile-ledgers.ts';
export { ReceivedFiles } from './received-files.ts';
export { RecordFolder } from './record-folder.ts';
export { isClosedByName, mayBeClosed } from './record-names.ts';
export { ReleasePublisher, type SignedRelease } from './release-publisher.ts';
export type { BackFile, RollBackPlan } from './roll-back-plan.ts';
export { RestoreOnDemand, type RestoreOptions, type RestoreOutcome } from './restore-on-demand.ts';
export { cronFor, intervalMs, Schedule, type UpdateInterval } from './schedule.ts';
export { sweepStaleParts, type StaleParts } from './stale-parts.ts';
export { sweepIncoming } from './sweep-incoming.ts';
export { SpaceWaiter } from './space-waiter.ts';
export { SyncRuns, type FileProgress, type Job, type Run } from './sync-runs.ts';
export type { TreeFolders } from './tree-folders.ts';
export type { Publishable } from './stage-update.ts';
export { PublishedFiles } from './published-files.ts';
export { TreePublisher } from './tree-publisher.ts';
export { treesFolders, TreesFolder, type TreesFolderOptions } from './trees-folder.ts';
export {
  UpdateDesk,
  type LookedDraft,
  type RollBackChoice,
  type RollBackLook,
  type UpdateAct,
} from './update-desk.ts';
export { UpdateDrafts, type DraftLimits, type IncomingUpload } from './update-drafts.ts';
export {
  lookIntoUpdate,
  maxLookedFiles,
  type LookedFile,
  type LookOrder,
  type UpdateLook,
} from './update-look.ts';
export { requireUpdateName } from './update-name.ts';
export { UpdatesMirror, type UpdatesMirrorOptions } from './updates-mirror.ts';
export { Updates, type UpdateChange } from './updates.ts';
export { UpdatesFolder } from './updates-folder.ts';
export type {
  BranchReport,
  HubDownloads,
  PeerName,
  PullProgressReport,
  Upstream,
} from './upstream.ts';
export { WakeLoop, type HubEvents } from './wake-loop.ts';
