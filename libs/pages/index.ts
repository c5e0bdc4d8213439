export { recordsSection } from './records-section.ts';
export { mirrorFindings } from './mirror-attention.ts';
export { mirrorSection } from './mirror-section.ts';
export { mirrorSentence } from './mirror-words.ts';
export { relayNotices } from './relay-attention.ts';
export { relaySection } from './relay-section.ts';
export { adviceFor } from './advice.ts';
export {
  alarmLimits,
  alarmListSchema,
  alarmMuteSchema,
  alarmTestSchema,
  maxMuteMinutes,
  type AlarmDesk,
  type AlarmList,
  type AlarmTestAnswer,
  type ListedAlarm,
  type ListedMute,
  type MuteRequest,
} from './alarm-desk.ts';
export {
  attention,
  certificateFindings,
  diskFindings,
  type Finding,
  type Notice,
} from './attention.ts';
export { backupFindings } from './backup-findings.ts';
export { branchFindings, type TroubleName } from './branch-attention.ts';
export { silenceFindings } from './records-section.ts';
export { gapFindings, overdueFindings } from './relay-attention.ts';
export { fileFindings, syncFindings } from './sync-attention.ts';
export { attentionSection, noticesList } from './attention-section.ts';
export { asRequestError } from './problem.ts';
export {
  bar,
  codeChip,
  factList,
  figure,
  head,
  mark,
  outside,
  section,
  stateWord,
  table,
  when,
  type Tone,
} from './pieces.ts';
export { sendText } from './send.ts';
export { securityHeaders } from './web-manners.ts';
export { accessWords, endWords, outcomeWords } from './explanation-words.ts';
export type { Explainer } from './explain-route.ts';
export { historySchema } from './history-api.ts';
export { logPageSchema, maxLogLines, type LogAnswer, type LogQuery } from './logs-api.ts';
export type { LogAsker } from './logs-route.ts';
export { readSettingsSchema, type ReadSettings } from './settings-api.ts';
export type { HistoryAsker } from './history-route.ts';
export { html, Html, type Part } from './html.ts';
export {
  boundedStatus,
  statusSchema,
  type AccessRuleStatus,
  type ArchiveStatus,
  type BranchStatus,
  type HubStatus,
  type ListenerStatus,
  type MirrorStatus,
  type PeerStatus,
  type RecordIntakeStatus,
  type RelayStatus,
  type Status,
  type StatusSource,
  type SyncStatus,
  type UpdateFileStatus,
} from './status.ts';
export { statusLimits } from './status-limits.ts';
export {
  fileStates,
  runAnswer,
  runAnswerSchema,
  runWhats,
  type FileState,
  type Run,
  type RunAnswer,
  type RunFile,
  type RunWhat,
  type SyncControl,
} from './sync-control.ts';
export {
  maxScanQuestion,
  maxScannedPerPage,
  maxScansListed,
  scanListSchema,
  scannedListSchema,
  scannedShows,
  scanReportFormats,
  type ScanControl,
  type ScanList,
  type ScannedList,
  type ScannedQuestion,
  type ScannedShow,
  type ScanReportFormat,
} from './scan-control.ts';
export { openStatusPort, statusApp, type StatusAppOptions } from './status-app.ts';
export { loadPageAssets, type PageAssets } from './page-assets.ts';
export { statusPage, type PageOptions } from './status-page.ts';
export { bytes, duration, every, names, number, plural, Times } from './words.ts';
export type { EventFeedOptions } from './event-feed.ts';
export { branchLimits, sameVersion } from './branch-attention.ts';
export { branchWords, skewText } from './branch-words.ts';
export { fleetPage } from './fleet-order.ts';
export type { Fleet } from './fleet-route.ts';
export {
  branchCalledSchema,
  fleetMemberSchema,
  fleetQuerySchema,
  fleetSchema,
  fleetSorts,
  fleetStates,
  maxBranchesPerPage,
  maxTroubles,
  type BranchCalled,
  type FleetAnswer,
  type FleetBranch,
  type FleetMember,
  type FleetQuery,
  type FleetSort,
  type FleetState,
} from './fleet-schema.ts';
export { openapi, type OpenApi } from './openapi.ts';
export { RunSpeed } from './run-speed.ts';
export { StatusServer, type StatusServerOptions } from './status-server.ts';
export {
  maxPhonesPerPage,
  phoneListSchema,
  type ListedPhone,
  type PhoneList,
  type PhoneLister,
} from './known-phones.ts';
export {
  draftLookSchema,
  rollBackSchema,
  updateLimits,
  updateListSchema,
  type DraftLook,
  type RollBackAnswer,
  type UpdateList,
} from './update-shapes.ts';
export type { RollBackQuery, UpdateControl } from './updates-route.ts';
