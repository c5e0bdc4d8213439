import { expect, it, onTestFinished } from 'vitest';
import { Journal, SqliteHubState, type HubState } from '#libs/journal';

const certificate = (fingerprint: string, notAfter = 5_000) => ({
  fingerprint,
  issuedAt: 1_000,
  notAfter,
});

function openState(): HubState {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  return new SqliteHubState(journal);
}

async function joined(state: HubState, branch: string, fingerprint: string): Promise<void> {
  const tokenHash = `hash of ${branch} ${fingerprint}`;
  await state.addInvitation({ tokenHash, branch, createdAt: 0, expiresAt: 1_000 });
  await state.redeem(tokenHash, certificate(fingerprint), 1);
}

it('knows a branch by the certificate it was given', async () => {
  const state = openState();
  await joined(state, 'lisbon', 'aa');

  expect(await state.branchByFingerprint('aa')).toMatchObject({
    name: 'lisbon',
    certificateNotAfter: 5_000,
  });
  expect(await state.branchByFingerprint('bb')).toBeUndefined();
});

it('lets an invitation in once', async () => {
  const state = openState();
  await joined(state, 'lisbon', 'aa');

  await expect(state.redeem('hash of lisbon aa', certificate('bb'), 2)).rejects.toMatchObject({
    code: 'JOIN_TOKEN_USED',
  });
  expect(await state.branchByFingerprint('bb')).toBeUndefined();
});

it('refuses an invitation that has expired or was never made', async () => {
  const state = openState();
  await state.addInvitation({ tokenHash: 'old', branch: 'porto', createdAt: 0, expiresAt: 10 });

  await expect(state.redeem('old', certificate('aa'), 10)).rejects.toMatchObject({
    code: 'JOIN_TOKEN_EXPIRED',
  });
  await expect(state.redeem('none', certificate('aa'), 1)).rejects.toMatchObject({
    code: 'JOIN_TOKEN_UNKNOWN',
  });
  expect(await state.branches()).toEqual([]);
  expect(await state.openInvitations(9)).toHaveLength(1);
  expect(await state.openInvitations(10)).toEqual([]);
});

it('keeps the old certificate good after a renewal, until it has expired', async () => {
  const state = openState();
  await joined(state, 'lisbon', 'aa');
  await state.addCertificate('lisbon', { fingerprint: 'bb', issuedAt: 4_000, notAfter: 9_000 });
  expect(await state.branchByFingerprint('aa')).toBeDefined();

  await state.addCertificate('lisbon', { fingerprint: 'cc', issuedAt: 6_000, notAfter: 12_000 });
  expect(await state.branchByFingerprint('aa')).toBeUndefined();
  expect(await state.branchByFingerprint('bb')).toMatchObject({ certificateNotAfter: 12_000 });
});

it('says when a branch was revoked, and takes it back only by a new invitation with a new key', async () => {
  const state = openState();
  await joined(state, 'lisbon', 'aa');
  await state.revoke('lisbon', 7);
  await state.revoke('lisbon', 8);
  expect(await state.branchByFingerprint('aa')).toMatchObject({ revokedAt: 7 });

  await joined(state, 'lisbon', 'bb');
  expect(await state.branchByFingerprint('aa')).toBeUndefined();
  expect(await state.branchByFingerprint('bb')).toMatchObject({ revokedAt: undefined });
  await expect(state.revoke('faro', 9)).rejects.toMatchObject({ code: 'BRANCH_UNKNOWN' });
});
