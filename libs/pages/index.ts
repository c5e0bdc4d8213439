export { adviceFor } from './advice.ts';
export { attention, type Notice } from './attention.ts';
export { html, Html, type Part } from './html.ts';
export {
  boundedStatus,
  statusLimits,
  statusSchema,
  type BranchStatus,
  type HubStatus,
  type ListenerStatus,
  type PeerStatus,
  type Status,
  type StatusSource,
  type SyncStatus,
  type UpdateFileStatus,
} from './status.ts';
export {
  fileStates,
  runSchema,
  runWhats,
  type FileState,
  type Run,
  type RunFile,
  type RunWhat,
  type SyncControl,
} from './sync-control.ts';
export { statusPage, type PageOptions } from './status-page.ts';
export { Times } from './words.ts';
