export type { BranchRecord, HubState, Invitation, IssuedCertificate } from './hub-state.ts';
export { Journal } from './journal.ts';
export {
  PublicationsTable,
  type Publication,
  type PublicationFile,
  type PublicationState,
} from './publications-table.ts';
export { RunsTable, type RunRecord } from './runs-table.ts';
export { SqliteHubState } from './sqlite-hub-state.ts';
export { UpdatesTable, type UpdateRecord } from './updates-table.ts';
