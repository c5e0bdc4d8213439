import { SqliteHubState, type Journal } from '#libs/journal';

const dayMs = 86_400_000;

/**
 * Fill the state of a hub whose release is 9 with branches site-0, site-1, … of all kinds, and one invitation that is open.
 * Of each hundred: 2 failed, 3 overdue, 10 behind, 1 revoked, 1 never seen, the rest in sync.
 */
export async function fillFleet(
  journal: Journal,
  branches: number,
  now = Date.now(),
): Promise<void> {
  const state = new SqliteHubState(journal);
  for (let version = 1; version <= 9; version += 1) {
    await state.recordRelease({ version, signedAt: now - (10 - version) * dayMs });
  }
  await state.addInvitation({
    ...{ tokenHash: 'open', branch: 'invited-site', createdAt: now, expiresAt: now + dayMs },
  });
  journal.transaction(() => {
    for (let n = 0; n < branches; n += 1) fill(journal, n, now);
  });
}

function fill(journal: Journal, n: number, now: number): void {
  const name = `site-${n}`;
  const kind = n % 100;
  const behind = kind >= 5 && kind < 15;
  const failed = kind < 2;
  const silent = kind >= 2 && kind < 5;
  const whole = behind || failed ? 8 - (n % 3) : 9;
  const problems = failed
    ? [{ name: `fw-${n}.zip`, code: 'DISK_FULL', message: `no space left at ${name}` }]
    : [];
  const report = JSON.stringify({
    ...{ protocol: 1, version: `1.${n % 3}.0`, release: failed ? 9 : whole, problems },
    ...{ state: failed ? 'error' : 'in-sync', sentAt: now - (n % 400) * 1_000 },
    ...{
      freeBytes: 1e9 + n * 1e7,
      intervalS: 3_600,
      lacking: { files: failed ? 1 : 0, names: [] },
    },
  });
  const seen = kind !== 16;
  journal.run(
    `insert into branches (name, joined_at, revoked_at, last_seen, last_report, reported_at, whole_release)
     values (?, ?, ?, ?, ?, ?, ?)`,
    name,
    now - 90 * dayMs,
    kind === 15 ? now - dayMs : null,
    seen ? now - (silent ? 3_600_000 + n * 1_000 : n % 50) : null,
    seen ? report : null,
    seen ? now - 1_000 : null,
    seen ? whole : null,
  );
  journal.run(
    'insert into certificates (fingerprint, branch, issued_at, not_after) values (?, ?, ?, ?)',
    `print of ${name}`,
    name,
    now - 30 * dayMs,
    now + (n % 60) * dayMs,
  );
}
