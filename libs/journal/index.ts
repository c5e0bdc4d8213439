export type { BranchTrouble, ToldTrouble } from './branch-troubles.ts';
export type {
  BranchRecord,
  BranchReportRecord,
  HubState,
  Invitation,
  IssuedCertificate,
  ReleaseTime,
} from './hub-state.ts';
export { AlarmMutesTable, type AlarmMute } from './alarm-mutes-table.ts';
export { AlarmQueueTable, type QueuedMessage, type ReceiverRecord } from './alarm-queue-table.ts';
export {
  alarmSeverities,
  AlarmsTable,
  type AlarmRecord,
  type AlarmSeverity,
  type NewAlarm,
} from './alarms-table.ts';
export {
  uploadKinds,
  type CopiedFile,
  type DeliverAgain,
  type Ledger,
  type LedgerTotal,
  type NewlyReceived,
  type ReceivedFile,
  type UploadIdentity,
  type UploadKind,
} from './ledger.ts';
export {
  claims,
  decideClaim,
  HubPair,
  type Claim,
  type LedgerPage,
  type LedgerRow,
} from './hub-pair.ts';
export {
  HistoryTable,
  type HistoryLevels,
  type HistoryRow,
  type HistoryWrite,
} from './history-table.ts';
export { Journal } from './journal.ts';
export { PeerHoldings, type LackingFile, type StoredBytes } from './peer-holdings.ts';
export { MirrorBook, type Differing, type OwnFile } from './mirror-book.ts';
export {
  mirrorAreas,
  mirrorStates,
  type MirrorArea,
  type MirrorFile,
  type MirrorOrigin,
  type MirrorPage,
  type MirrorRow,
  type MirrorState,
} from './mirror-file.ts';
export {
  OutgoingTable,
  type OfferAgain,
  type OutgoingFile,
  type OutgoingTotal,
  type OutgoingTrouble,
} from './outgoing-table.ts';
export {
  PublicationsTable,
  type Publication,
  type PublicationFile,
  type PublicationState,
} from './publications-table.ts';
export { relayCounts, relayWays, type RelayCount, type RelayWay } from './relay-counts.ts';
export {
  scanAskers,
  scanStates,
  ScansTable,
  type ScanAsker,
  type ScannedQuery,
  type ScannedRow,
  type ScanRecord,
  type ScanState,
} from './scans-table.ts';
export { RunsTable, type RunRecord } from './runs-table.ts';
export { SqliteHubState } from './sqlite-hub-state.ts';
export { SqliteLedger } from './sqlite-ledger.ts';
export { UpdateDraftsTable, type UpdateDraft } from './update-drafts-table.ts';
export {
  UpdatesTable,
  type EarlierUpdate,
  type SignedUpdate,
  type UpdateRecord,
} from './updates-table.ts';
export { PhoneInventory, type InventoryOptions } from './phone-inventory.ts';
export {
  PhonesTable,
  type KnownPhone,
  type PhoneSighting,
  type PhoneTotals,
} from './phones-table.ts';
