import { knownSettings } from './catalogue.ts';
import type { RuleReport } from './rule-report.ts';
import type { SettingsValues } from './schema.ts';
import type { Given } from './values.ts';

/** What is accepted and has no effect: the operator must not rely on it. */
export function noticeWithoutEffect(given: Given, report: RuleReport): void {
  for (const { ini, notes } of knownSettings) {
    const value = given.get(ini);
    if (value === undefined || value === false || value === 0) continue;
    if (notes.later === true) report.warn(ini, 'has no effect yet: this version does not do it');
    if (notes.noEffect !== undefined) report.warn(ini, `has no effect: ${notes.noEffect}`);
  }
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
