import type { RuleReport } from './rule-report.ts';
import { isKnownPassword } from './safety-rules.ts';
import type { SettingsValues } from './schema.ts';
import { parseSnmpParams } from './snmp-params.ts';

const minSecretLength = 16;

/** A receiver that could never be reached is a fault, not something to find out at the first alarm. */
export function checkAlarms({ alarms }: SettingsValues, report: RuleReport): void {
  checkMail(alarms, report);
  const { webhookUrl, webhookSecret, trapServer, trapParams } = alarms;
  if (webhookUrl.toLowerCase().startsWith('http:')) {
    report.warn('ALARMS/WebhookURL', 'lets everybody on the way read the alarms: use https');
  }
  if (webhookSecret !== '' && webhookSecret.length < minSecretLength) {
    report.warn(
      'ALARMS/WebhookSecret',
      `is easy to guess; use ${minSecretLength} characters or more`,
    );
  }
  const access = parseSnmpParams(trapParams);
  if (trapServer !== '' && typeof access !== 'string' && access.version === '1') {
    report.fault('ALARMS/TrapParams', 'needs -v2c or -v3: a trap of SNMP v1 cannot say what it is');
  }
}

function checkMail(alarms: SettingsValues['alarms'], report: RuleReport): void {
  const { mailServer, mailFrom, mailTo, mailUser, mailPassword, mailTls } = alarms;
  if (mailServer === '') return;
  if (mailFrom === '' || mailTo.length === 0) {
    report.fault(
      'ALARMS/MailServer',
      'needs MailFrom and MailTo, the addresses that alarms come from and go to',
      ...(['ALARMS/MailFrom', 'ALARMS/MailTo'] as const),
    );
  }
  if ((mailUser === '') !== (mailPassword === '')) {
    const alone = mailUser === '' ? 'ALARMS/MailPassword' : 'ALARMS/MailUser';
    const other = mailUser === '' ? 'MailUser' : 'MailPassword';
    report.fault(alone, `needs ${other} beside it`, 'ALARMS/MailUser', 'ALARMS/MailPassword');
  }
  if (isKnownPassword(mailPassword)) {
    report.fault('ALARMS/MailPassword', 'is a password that everybody knows: choose your own');
  }
  if (mailUser !== '' && mailTls === 0) {
    report.warn('ALARMS/MailTLS', 'lets everybody on the way read the password: use 1 or 2');
  }
}
