import { expect, it } from 'vitest';
import { attention, statusPage, Times, type AccessRuleStatus, type Status } from '#libs/pages';
import { fakeAccess, quietStatus, statusClock } from '../support/fake-status.ts';

const statusWith = (...access: AccessRuleStatus[]): Status => {
  const status = quietStatus();
  return { ...status, phones: { ...status.phones, access } };
};

/** The rows of the access lists, as text. */
function rowsOf(status: Status): string[] {
  const assets = { css: '/a.css', js: '/a.js', icon: '/a.svg' };
  const page = statusPage(status, { refreshS: 0, assets, zone: 'UTC' }).text;
  const section = /<section[^>]*id="access"[\s\S]*?<\/section>/.exec(page)?.[0] ?? '';
  return [...section.matchAll(/<tr>\s*(<th scope="row">[\s\S]*?)<\/tr>/g)].map((row) =>
    (row[1] ?? '')
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  );
}

const spoilt = fakeAccess('HTTPS', {
  ...{ state: 'list', list: 'HTTPS_allow_IP.txt', lines: 3, faults: 2 },
  firstFaults: [
    { line: 7, text: '10.0.0.*', why: 'this is no address' },
    { line: 9, text: '<b>', why: 'this is no address' },
  ],
});
const closed = fakeAccess('FTP', {
  ...{ state: 'closed', list: 'allow_IP.txt', why: 'it exceeds 10000 lines' },
});

it('shows which list is in force for which server', () => {
  const status = statusWith(
    fakeAccess('TFTP'),
    fakeAccess('HTTP', { state: 'list', list: 'HTTP_allow_IP.txt', lines: 1_042 }),
    spoilt,
    closed,
    fakeAccess('HTTP', { state: 'list', list: 'allow_IP.txt' }),
  );
  expect(rowsOf(status)).toEqual([
    'TFTP everybody',
    'HTTP 1,042 lines HTTP_allow_IP.txt',
    'HTTPS 3 lines HTTPS_allow_IP.txt 2 lines ignored',
    'FTP nobody allow_IP.txt it exceeds 10000 lines',
    'HTTP nobody allow_IP.txt',
  ]);
  expect(rowsOf(statusWith())).toEqual([]);
});

it('draws attention to a list that closes and to lines that are ignored', () => {
  const notices = attention(statusWith(fakeAccess('TFTP'), spoilt, closed), new Times(statusClock));
  expect(notices.map(({ level, what }) => [level, what])).toEqual([
    ['failed', expect.stringMatching(/FTP.*allow_IP\.txt.*10000 lines/)],
    ['warning', expect.stringMatching(/HTTPS_allow_IP\.txt.*line 7.*10\.0\.0\.\*.*1 more/)],
  ]);
});
