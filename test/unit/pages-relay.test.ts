import { expect, it } from 'vitest';
import { attention, statusPage, Times, type RelayStatus } from '#libs/pages';
import { branchRelay, hubRelay } from '../support/fake-relay.ts';
import { quietStatus, statusClock } from '../support/fake-status.ts';

const assets = { css: '/a.css', js: '/a.js', icon: '/a.svg' };

const noticesOf = (relay: RelayStatus) =>
  attention(quietStatus({ relay }), new Times(statusClock, 'UTC'));
const pageOf = (relay: RelayStatus): string =>
  statusPage(quietStatus({ relay }), { refreshS: 0, assets, zone: 'UTC' }).text;

it('says what needs a person: overdue at a branch; damaged and missing at a hub', () => {
  expect(noticesOf(branchRelay())).toMatchObject([{ level: 'failed', code: 'RECORDS_OVERDUE' }]);
  expect(noticesOf(hubRelay())).toMatchObject([
    { level: 'failed', code: 'RECORD_DAMAGED' },
    { level: 'warning', code: 'RECORDS_MISSING' },
  ]);
  expect(noticesOf({ copies: null, outgoing: [], incoming: [], incomingTotal: 0 })).toEqual([]);
});

it('shows a section where something is relayed, and none elsewhere', () => {
  expect(pageOf({ copies: null, outgoing: [], incoming: [], incomingTotal: 0 })).not.toContain(
    'id="relay"',
  );
  const branch = pageOf(branchRelay());
  for (const text of ['overdue', 'oldest 8 days', 'no room for it on the disk', 'primary 9,120']) {
    expect(branch).toContain(text);
  }
  const hub = pageOf({ ...hubRelay(), incomingTotal: 900 });
  for (const text of ['zagreb', 'damaged', 'none lately', '>48 ', 'and 894 more']) {
    expect(hub).toContain(text);
  }
});

it('lets no name of a branch, and no sentence of a hub, make markup', () => {
  const hostile = '<img src=x onerror=alert(1)>';
  const [first] = hubRelay().incoming;
  if (first === undefined) throw new Error('the example is empty');
  const page = pageOf({ ...hubRelay(), incoming: [{ ...first, branch: hostile }] });
  expect(page).not.toContain('<img');
  expect(page).toContain('&lt;img');
});
