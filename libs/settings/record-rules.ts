import type { RuleReport } from './rule-report.ts';
import type { SettingsValues } from './schema.ts';
import { isKnownPassword } from './safety-rules.ts';

/** Records are money: who may send some is always said. */
export function checkRecords({ records }: SettingsValues, report: RuleReport): void {
  if (records.link && records.linkPeers.length === 0) {
    report.fault('CDR/RunLink', 'needs LinkPeers, the addresses of the switches', 'CDR/LinkPeers');
  }
  const { webPassword } = records;
  if (records.web && records.webPeers.length === 0 && webPassword === '') {
    report.fault(
      'CDR/RunWeb',
      'needs WebPeers, the addresses that may send, or WebPassword',
      'CDR/WebPeers',
      'CDR/WebPassword',
    );
  }
  if (records.web && isKnownPassword(webPassword)) {
    report.fault('CDR/WebPassword', 'is a password that everybody knows: choose your own');
  }
}
