import { BranchlineError } from '#libs/errors';
import { BranchTroubles, type BranchTrouble } from './branch-troubles.ts';
import type {
  BranchRecord,
  BranchReportRecord,
  HubState,
  Invitation,
  IssuedCertificate,
  ReleaseTime,
} from './hub-state.ts';
import { integer, optionalInteger, optionalText, text, type Journal, type Row } from './journal.ts';
import { KnownBranches } from './known-branches.ts';

const selectBranch = `
  select b.*, (select max(not_after) from certificates c where c.branch = b.name) as certificate_not_after
  from branches b`;

const decodeBranch = (row: Row): BranchRecord => ({
  name: text(row, 'name'),
  joinedAt: integer(row, 'joined_at'),
  revokedAt: optionalInteger(row, 'revoked_at'),
  lastSeen: optionalInteger(row, 'last_seen'),
  lastReport: optionalText(row, 'last_report'),
  reportedAt: optionalInteger(row, 'reported_at'),
  certificateNotAfter: optionalInteger(row, 'certificate_not_after'),
  wholeRelease: optionalInteger(row, 'whole_release'),
});

const decodeInvitation = (row: Row): Invitation => ({
  tokenHash: text(row, 'token_hash'),
  branch: text(row, 'branch'),
  createdAt: integer(row, 'created_at'),
  expiresAt: integer(row, 'expires_at'),
  usedAt: optionalInteger(row, 'used_at'),
});

/** Releases whose time is remembered. */
const keptReleases = 500;

/** The hub's memory in this server's own SQLite file. */
export class SqliteHubState implements HubState {
  readonly #journal: Journal;
  readonly #troubles: BranchTroubles;
  readonly #known = new KnownBranches();
  #releases: readonly ReleaseTime[] | undefined;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.#troubles = new BranchTroubles(journal);
  }

  async addInvitation(invitation: Omit<Invitation, 'usedAt'>): Promise<void> {
    await Promise.resolve();
    this.#journal.run(
      'insert into invitations (token_hash, branch, created_at, expires_at) values (?, ?, ?, ?)',
      invitation.tokenHash,
      invitation.branch,
      invitation.createdAt,
      invitation.expiresAt,
    );
  }

  async findInvitation(tokenHash: string): Promise<Invitation | undefined> {
    await Promise.resolve();
    return this.#journal.row(
      'select * from invitations where token_hash = ?',
      [tokenHash],
      decodeInvitation,
    );
  }

  async openInvitations(now: number): Promise<Invitation[]> {
    await Promise.resolve();
    return this.#journal.rows(
      'select * from invitations where used_at is null and expires_at > ? order by created_at',
      [now],
      decodeInvitation,
    );
  }

  async withdraw(tokenHash: string): Promise<void> {
    const invitation = await this.findInvitation(tokenHash);
    const { changes } = this.#journal.run(
      'delete from invitations where token_hash = ? and used_at is null',
      tokenHash,
    );
    if (changes > 0) return;
    throw new BranchlineError(
      invitation === undefined ? 'JOIN_TOKEN_UNKNOWN' : 'JOIN_TOKEN_USED',
      invitation === undefined
        ? 'there is no such invitation any more'
        : `${invitation.branch} has used this invitation already: revoke the branch to lock it out`,
    );
  }

  async redeem(
    tokenHash: string,
    certificate: IssuedCertificate,
    now: number,
  ): Promise<BranchRecord> {
    await Promise.resolve();
    this.#known.forget();
    return this.#journal.transaction(() => {
      const invitation = this.#journal.row(
        'select * from invitations where token_hash = ?',
        [tokenHash],
        decodeInvitation,
      );
      checkInvitation(invitation, now);
      this.#journal.run('update invitations set used_at = ? where token_hash = ?', now, tokenHash);
      this.#journal.run(
        `insert into branches (name, joined_at) values (?, ?)
         on conflict do update set joined_at = excluded.joined_at, revoked_at = null, whole_release = null`,
        invitation.branch,
        now,
      );
      // Joining again makes the older certificates worthless: their keys may be on a stolen disk.
      this.#journal.run('delete from certificates where branch = ?', invitation.branch);
      this.#insertCertificate(invitation.branch, certificate);
      return this.#branchNamed(invitation.branch);
    });
  }

  async branches(): Promise<readonly BranchRecord[]> {
    await Promise.resolve();
    return this.#known.all(this.#journal.dataVersion(), () =>
      this.#journal.rows(`${selectBranch} order by b.name`, [], decodeBranch),
    );
  }

  async branch(name: string): Promise<BranchRecord | undefined> {
    await Promise.resolve();
    return this.#journal.row(`${selectBranch} where b.name = ?`, [name], decodeBranch);
  }

  async branchByFingerprint(fingerprint: string): Promise<BranchRecord | undefined> {
    await Promise.resolve();
    return this.#journal.row(
      `${selectBranch} join certificates held on held.branch = b.name where held.fingerprint = ?`,
      [fingerprint],
      decodeBranch,
    );
  }

  async addCertificate(branch: string, certificate: IssuedCertificate): Promise<void> {
    await Promise.resolve();
    this.#known.forget();
    this.#journal.transaction(() => {
      this.#journal.run(
        'delete from certificates where branch = ? and not_after < ?',
        branch,
        certificate.issuedAt,
      );
      this.#insertCertificate(branch, certificate);
    });
  }

  async revoke(branch: string, at: number): Promise<void> {
    await Promise.resolve();
    const { changes } = this.#journal.run(
      'update branches set revoked_at = coalesce(revoked_at, ?) where name = ?',
      at,
      branch,
    );
    if (changes === 0) throw unknownBranch(branch);
    this.#known.forget();
  }

  async recordSeen(seen: ReadonlyMap<string, number>): Promise<void> {
    await Promise.resolve();
    this.#journal.transaction(() => {
      for (const [branch, at] of seen) {
        this.#journal.run('update branches set last_seen = ? where name = ?', at, branch);
      }
    });
    for (const [branch, lastSeen] of seen) this.#known.changed(branch, { lastSeen });
  }

  async recordReport(
    branch: string,
    { report, wholeRelease, troubles }: BranchReportRecord,
    at: number,
  ): Promise<void> {
    await Promise.resolve();
    this.#journal.transaction(() => {
      const { changes } = this.#journal.run(
        `update branches set last_report = ?, reported_at = ?, last_seen = ?,
           whole_release = coalesce(?, whole_release) where name = ?`,
        report,
        at,
        at,
        wholeRelease ?? null,
        branch,
      );
      if (changes > 0) this.#troubles.note(branch, troubles, at);
    });
    this.#known.changed(branch, {
      lastReport: report,
      reportedAt: at,
      lastSeen: at,
      ...(wholeRelease !== undefined && { wholeRelease }),
    });
  }

  async troubles(branch: string, limit: number): Promise<BranchTrouble[]> {
    await Promise.resolve();
    return this.#troubles.of(branch, limit);
  }

  async recordRelease({ version, signedAt }: ReleaseTime): Promise<void> {
    await Promise.resolve();
    this.#journal.run(
      'insert into releases (version, signed_at) values (?, ?) on conflict do nothing',
      version,
      signedAt,
    );
    // Above it: of a hub that was set up anew over this database.
    this.#journal.run(
      'delete from releases where version > ? or version <= ?',
      version,
      version - keptReleases,
    );
    this.#releases = undefined;
  }

  async releases(): Promise<readonly ReleaseTime[]> {
    await Promise.resolve();
    this.#releases ??= this.#journal.rows('select * from releases order by version', [], (row) => ({
      version: integer(row, 'version'),
      signedAt: integer(row, 'signed_at'),
    }));
    return this.#releases;
  }

  async changeMark(): Promise<number> {
    await Promise.resolve();
    return this.#journal.dataVersion();
  }

  #branchNamed(name: string): BranchRecord {
    const branch = this.#journal.row(`${selectBranch} where b.name = ?`, [name], decodeBranch);
    if (branch === undefined) throw unknownBranch(name);
    return branch;
  }

  #insertCertificate(branch: string, certificate: IssuedCertificate): void {
    this.#journal.run(
      'insert into certificates (fingerprint, branch, issued_at, not_after) values (?, ?, ?, ?)',
      certificate.fingerprint,
      branch,
      certificate.issuedAt,
      certificate.notAfter,
    );
  }
}

function checkInvitation(
  invitation: Invitation | undefined,
  now: number,
): asserts invitation is Invitation {
  if (invitation === undefined) {
    throw new BranchlineError(
      'JOIN_TOKEN_UNKNOWN',
      'this hub has not made that invitation: it may be for another hub; make a new one with `branchline hub invite NAME`',
    );
  }
  if (invitation.usedAt !== undefined) {
    throw new BranchlineError(
      'JOIN_TOKEN_USED',
      `the invitation of ${invitation.branch} was used already; make a new one with \`branchline hub invite ${invitation.branch}\``,
    );
  }
  if (invitation.expiresAt <= now) {
    throw new BranchlineError(
      'JOIN_TOKEN_EXPIRED',
      `the invitation of ${invitation.branch} has expired; make a new one with \`branchline hub invite ${invitation.branch}\``,
    );
  }
}

function unknownBranch(name: string): BranchlineError {
  return new BranchlineError(
    'BRANCH_UNKNOWN',
    `no branch is called ${name}; \`branchline hub branches\` lists them`,
  );
}
