export {
  describeSettings,
  describeWatchdogSettings,
  jsonSchema,
  type SettingRow,
} from './describe-settings.ts';
export type { SettingsChanges } from './edit-settings.ts';
export { parseHostPort, type HostPort } from './host-port.ts';
export { importSettingsFile, type ImportFileOptions } from './import-file.ts';
export type { ImportOutcome, ImportRow } from './import-settings.ts';
export { IniFile, parseIni, type IniEntry } from './ini-file.ts';
export { listValues, type ShownValue } from './list-values.ts';
export { loadSettings, type LoadOptions, type Settings } from './load-settings.ts';
export type { UpstreamAddress } from './role-rules.ts';
export { postedChanges, type PostedField } from './posted-changes.ts';
export { loadWatchdogSettings, type WatchdogSettings } from './load-watchdog-settings.ts';
export { settingsSchema } from './schema.ts';
export { diffCount, type DiffLine } from './line-diff.ts';
export {
  SettingsFile,
  textDiff,
  type SettingsReading,
  type SettingsWrite,
} from './settings-file.ts';
export {
  fieldOfFault,
  settingsForm,
  type SettingsField,
  type SettingsForm,
  type SettingsSection,
} from './settings-form.ts';
export type { SettingsAct, SettingsVersion } from './settings-history.ts';
export { faultLine, SettingsError, type SettingsFault, type Source } from './settings-error.ts';
export { isInside, isKnownPassword } from './safety-rules.ts';
export { usualPlaces, type UsualPlaces } from './usual-places.ts';
export { httpsPorts } from './tls-rules.ts';
export { parseSnmpParams } from './snmp-params.ts';
export type { CommunityAccess, SnmpAccess, UserAccess } from './snmp-params.ts';
