import { knownSettings } from './catalogue.ts';
import type { RuleReport } from './rule-report.ts';
import type { SettingsValues } from './schema.ts';
import type { Given } from './values.ts';

/** What is accepted and has no effect: the operator must not rely on it. */
export function noticeWithoutEffect(given: Given, report: RuleReport): void {
  for (const { ini, notes } of knownSettings) {
    const value = given.get(ini);
    if (value === undefined || value === false || value === 0) continue;
    if (notes.noEffect !== undefined) report.warn(ini, `has no effect: ${notes.noEffect}`);
  }
}

/** Backups that nobody can prove to be his own, or that everybody may have. */
export function noticeBackupProof(
  { uploads, snmp, https }: SettingsValues,
  report: RuleReport,
): void {
  if (!uploads.backup) return;
  const { backupProof: proof } = uploads;
  const ini = 'UPLOADS/HTTPBackupProof';
  if (proof === 'none') {
    report.warn(ini, 'lets everybody read and replace the backup of every extension');
    return;
  }
  const bySnmp = proof !== 'basic' && snmp.enabled;
  const byPassword = proof !== 'snmp' && https.enabled;
  if (bySnmp || byPassword || !report.isSet(ini)) return;
  report.warn(ini, 'lets no telephone save its backup: UseSNMP is 0, or RunHTTPS, which it needs');
}

/** A name that fits files of the tree hides them from every telephone. */
export function noticeWideNames({ uploads }: SettingsValues, report: RuleReport): void {
  const wide = uploads.deviceNames.filter(
    (name) => !/<mac>/i.test(name) && !/^[^*?/]+\//.test(name) && /[*?]/.test(name),
  );
  if (wide.length === 0) return;
  report.warn(
    'UPLOADS/UploadNames',
    `lets every device replace what others get under ${wide.join(', ')}; put <mac> or a folder of its own into the name`,
  );
}

/** Allowed by the Guide (p. 40), and seldom meant. */
export function noticeEndlessPlaces({ tftp }: SettingsValues, report: RuleReport): void {
  if (tftp.maxClients === 0 || tftp.clientSession > 0) return;
  report.warn(
    'TFTP/MaxClients',
    `lets in the first ${tftp.maxClients} telephones and no other until the server restarts; set ClientSession, such as 600`,
    'TFTP/ClientSession',
  );
}
