export { alarmsPage } from './alarms-page.ts';
export type { AlarmsSource } from './alarms-source.ts';
export {
  backupShelves,
  type BackupCopy,
  type BackupCopyName,
  type BackupName,
  type BackupShelf,
  type PhoneQuestion,
  type PhonesSource,
} from './phones-source.ts';
export { phonesPage } from './phones-page.ts';
export { relayPage, type RelayChoice, type RelaySource } from './relay-page.ts';
export { historyPage, type HistoryPageOptions } from './history-page.ts';
export { Accounts } from './accounts.ts';
export { fleetPage } from './fleet-page.ts';
export type { FleetSource, Standing } from './fleet-source.ts';
export type { InvitationState, JoinDesk, MadeInvitation, OwnHub } from './join-desk.ts';
export { joinPage } from './join-page.ts';
export {
  formFields,
  pageGroups,
  type Desk,
  type ManagerAct,
  type ManagerPage,
  type PageGroup,
  type View,
} from './manager-page.ts';
export type { ManagerTls } from './manager-app.ts';
export { ManagerServer, type ManagerRoute, type ManagerServerOptions } from './manager-server.ts';
export { overviewPage, type OverviewOptions } from './overview-page.ts';
export {
  servicesPage,
  type ServiceAct,
  type ServiceLook,
  type ServicesOptions,
} from './services-page.ts';
export { Sessions, type Session } from './sessions.ts';
export { SignInGate, type GateLimits, type Verdict } from './sign-in-gate.ts';
export type { LogLook, LogQuestion, LogSource } from './log-feed.ts';
export { logsPage } from './logs-page.ts';
export { settingsPage } from './settings-page.ts';
export type {
  FormFault,
  FormField,
  FormNow,
  Posted,
  PostedValue,
  Prepared,
  SettingsSource,
} from './settings-shapes.ts';
export { SetUpLink } from './set-up-link.ts';
export { updatesPage } from './updates-page.ts';
export type { UpdatesSource } from './updates-source.ts';
export type { ScanDesk } from './scan-desk.ts';
export { scanPage } from './scan-page.ts';
