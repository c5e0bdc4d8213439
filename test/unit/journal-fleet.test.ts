import { expect, it, onTestFinished } from 'vitest';
import { Journal, SqliteHubState } from '#libs/journal';
import { tempFolder } from '../support/temp-folder.ts';

function openState(file = ':memory:'): SqliteHubState {
  const journal = new Journal(file);
  onTestFinished(() => {
    journal.close();
  });
  return new SqliteHubState(journal);
}

async function join(state: SqliteHubState, branch: string, at = 1): Promise<void> {
  const tokenHash = `${branch} ${at}`;
  await state.addInvitation({ tokenHash, branch, createdAt: 0, expiresAt: 10_000 });
  const certificate = { fingerprint: tokenHash, issuedAt: at, notAfter: 50_000 };
  await state.redeem(tokenHash, certificate, at);
}

const crc = { name: 'fw.zip', code: 'ARCHIVE_CRC_WRONG', message: 'fw.bin is damaged' };
const report = { report: '{}', wholeRelease: undefined, troubles: [] };

it('remembers when a trouble of a branch began, was told last, and ended', async () => {
  const state = openState();
  await join(state, 'lisbon');
  await state.recordReport('lisbon', { ...report, troubles: [crc] }, 100);
  const full = { code: 'DISK_FULL', message: 'no space' };
  await state.recordReport('lisbon', { ...report, troubles: [full, crc] }, 200);
  await state.recordReport('lisbon', { ...report, troubles: [full] }, 300);
  expect(await state.troubles('lisbon', 10)).toEqual([
    { ...full, name: undefined, firstAt: 200, lastAt: 300, endedAt: undefined },
    { ...crc, firstAt: 100, lastAt: 200, endedAt: 300 },
  ]);
  expect(await state.troubles('porto', 10)).toEqual([]);
});

it('forgets the oldest of very many troubles, and never one that lasts', async () => {
  const state = openState();
  await join(state, 'lisbon');
  for (let n = 0; n < 70; n += 1) {
    const passing = { code: 'PEER_TOO_SLOW', name: `file-${n}`, message: 'slow' };
    await state.recordReport('lisbon', { ...report, troubles: [crc, passing] }, n);
  }
  const troubles = await state.troubles('lisbon', 1_000);
  expect(troubles).toHaveLength(52);
  expect(troubles.at(0)).toMatchObject({ name: 'file-69', endedAt: undefined });
  expect(troubles.at(1)).toMatchObject({ code: crc.code, firstAt: 0, lastAt: 69 });
  expect(troubles.at(-1)).toMatchObject({ name: 'file-19' });
});

it('keeps what a branch has whole while it tells of a release that it has not', async () => {
  const state = openState();
  await join(state, 'lisbon');
  await state.recordReport('lisbon', { ...report, wholeRelease: 7 }, 100);
  await state.recordReport('lisbon', { ...report, troubles: [crc] }, 200);
  expect(await state.branch('lisbon')).toMatchObject({ wholeRelease: 7, reportedAt: 200 });
  await join(state, 'lisbon', 300);
  expect(await state.branch('lisbon')).toMatchObject({ wholeRelease: undefined });
});

it('sees in its branches what was written here, and what another process wrote', async () => {
  const file = `${await tempFolder()}/hub.db`;
  const state = openState(file);
  await join(state, 'lisbon');
  const branches = () => state.branches();
  expect(await branches()).toMatchObject([{ name: 'lisbon', lastSeen: undefined }]);
  expect(await branches()).toBe(await branches());
  await state.recordSeen(
    new Map([
      ['lisbon', 5],
      ['nobody', 5],
    ]),
  );
  expect(await branches()).toMatchObject([{ name: 'lisbon', lastSeen: 5 }]);
  await state.recordReport('lisbon', { ...report, report: '{"a":1}', wholeRelease: 2 }, 9);
  const seen = { lastSeen: 9, lastReport: '{"a":1}', reportedAt: 9, wholeRelease: 2 };
  expect(await branches()).toMatchObject([seen]);
  expect(await branches()).toEqual([await state.branch('lisbon')]);
  await state.addCertificate('lisbon', { fingerprint: 'new', issuedAt: 2, notAfter: 90_000 });
  expect(await branches()).toMatchObject([{ ...seen, certificateNotAfter: 90_000 }]);
  await join(state, 'aveiro');
  expect((await branches()).map(({ name }) => name)).toEqual(['aveiro', 'lisbon']);
  await state.revoke('aveiro', 20);
  expect(await branches()).toMatchObject([{ revokedAt: 20 }, { revokedAt: undefined }]);
  await openState(file).revoke('lisbon', 30);
  expect(await branches()).toMatchObject([{ revokedAt: 20 }, { revokedAt: 30 }]);
});

it('takes an invitation back, once, and not after it was used', async () => {
  const state = openState();
  await state.addInvitation({ tokenHash: 'x', branch: 'porto', createdAt: 0, expiresAt: 10 });
  await state.withdraw('x');
  expect(await state.openInvitations(1)).toEqual([]);
  await expect(state.withdraw('x')).rejects.toMatchObject({ code: 'JOIN_TOKEN_UNKNOWN' });
  await join(state, 'lisbon');
  await expect(state.withdraw('lisbon 1')).rejects.toMatchObject({ code: 'JOIN_TOKEN_USED' });
});

it('remembers when each release was signed first, and begins anew with a hub that does', async () => {
  const state = openState();
  await state.recordRelease({ version: 4, signedAt: 100 });
  await state.recordRelease({ version: 5, signedAt: 200 });
  await state.recordRelease({ version: 5, signedAt: 900 });
  expect(await state.releases()).toEqual([
    { version: 4, signedAt: 100 },
    { version: 5, signedAt: 200 },
  ]);
  await state.recordRelease({ version: 1, signedAt: 1_000 });
  expect(await state.releases()).toEqual([{ version: 1, signedAt: 1_000 }]);
  await state.recordRelease({ version: 501, signedAt: 2_000 });
  expect(await state.releases()).toEqual([{ version: 501, signedAt: 2_000 }]);
});
