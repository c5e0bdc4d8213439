export { describeSettings, jsonSchema, type SettingRow } from './describe-settings.ts';
export { editSettings, type SettingsChanges } from './edit-settings.ts';
export { parseHostPort, type HostPort } from './host-port.ts';
export {
  importSettings,
  type ImportOptions,
  type ImportOutcome,
  type ImportRow,
} from './import-settings.ts';
export { IniFile, parseIni, type IniEntry } from './ini-file.ts';
export { loadSettings, type LoadOptions, type Settings } from './load-settings.ts';
export type { UpstreamAddress } from './role-rules.ts';
export { settingsSchema } from './schema.ts';
export { faultLine, SettingsError, type SettingsFault, type Source } from './settings-error.ts';
