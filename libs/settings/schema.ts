import { Type, type Static } from 'typebox';
import { alarmSettings } from './alarm-settings.ts';
import { backupServerSettings, hubSettings, managerSettings } from './link-settings.ts';
import {
  ftpSettings,
  ftpsSettings,
  httpSettings,
  httpsSettings,
  snmpSettings,
  tftpSettings,
} from './phone-settings.ts';
import { recordSettings } from './record-settings.ts';
import { scanSettings } from './scan-settings.ts';
import { serverSettings, updateSettings } from './server-settings.ts';
import { uploadSettings } from './upload-settings.ts';

/** Every setting, once: its type, default, place in the INI file, other spellings and meaning. */
export const settingsSchema = Type.Object({
  server: serverSettings,
  ftp: ftpSettings,
  ftps: ftpsSettings,
  tftp: tftpSettings,
  http: httpSettings,
  https: httpsSettings,
  backupServers: backupServerSettings,
  snmp: snmpSettings,
  updates: updateSettings,
  uploads: uploadSettings,
  records: recordSettings,
  scan: scanSettings,
  hub: hubSettings,
  manager: managerSettings,
  alarms: alarmSettings,
});

/** The values of all settings while they are put together. */
export type SettingsValues = Static<typeof settingsSchema>;
