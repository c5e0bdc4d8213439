export {
  Health,
  type HealthState,
  type PartHealth,
  type Readiness,
  type Requirement,
} from './health.ts';
export { KeptLines, type LogPage, type LogQuestion } from './kept-lines.ts';
export { isWanted, logLevels, type LogFilter, type LogLevel, type LogLine } from './log-line.ts';
export { tailOfLog } from './log-tail.ts';
export {
  createLogger,
  loggerInto,
  silentLogger,
  type Logger,
  type LogOptions,
  type OpenLog,
} from './log.ts';
export { LoopWatch, type LoopDelay } from './loop-watch.ts';
export {
  branchStates,
  recordIntakes,
  Metrics,
  peers,
  runOutcomes,
  syncJobs,
  type BranchState,
  type MetricsOptions,
  type Peer,
  type RunOutcome,
  type SyncJob,
} from './metrics.ts';
export {
  phoneProtocols,
  PhoneTransfers,
  transferDirections,
  transferOutcomes,
  type PhoneProtocol,
  type TransferDirection,
  type TransferOutcome,
  type TransferTally,
} from './phone-transfers.ts';
export { RareLog } from './rare-log.ts';
export { Recent, RecentErrors, type RecentError } from './recent.ts';
export { RotatingFile, type LogTrouble, type RotatingFileOptions } from './rotating-file.ts';
