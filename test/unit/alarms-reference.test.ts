import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { conditionNames, notifications } from '#libs/alarms';
import { alarmReference } from '../../apps/docs/alarm-reference.ts';

it('docs/reference/alarms.md is what `npm run docs` writes, with every condition', () => {
  const page = readFileSync('docs/reference/alarms.md', 'utf8');
  expect(page).toBe(alarmReference());
  for (const name of conditionNames) expect(page).toContain(`| \`${name}\``);
});

it('the MIB has a name for each notification that is sent', () => {
  const mib = readFileSync('packaging/BRANCHLINE-MIB.txt', 'utf8');
  for (const [event, oid] of Object.entries(notifications)) {
    expect(mib, event).toContain(
      `::= { branchlineNotifications ${oid.slice(oid.lastIndexOf('.') + 1)} }`,
    );
  }
});
