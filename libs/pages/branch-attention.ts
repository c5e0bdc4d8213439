import { adviceFor } from './advice.ts';
import type { Finding, Notice } from './attention.ts';
import type { BranchStatus, HubStatus } from './status.ts';
import { bytes, duration, every, names, number, plural, type Times } from './words.ts';

/** More branches than this with the same trouble become one notice: at 1,000 branches a list helps nobody. */
const groupFrom = 5;

/** Days before its end at which a certificate is a reason to act; renewal by itself comes long before. */
export const certificateDays = 7;
/** So much more, and an alarm about it is over. */
export const marginDays = 1;

/** From these values on a branch's figure is a reason to act. */
export const branchLimits = {
  certificateDays,
  clockSkewS: 300,
  freeBytes: 1_000_000_000,
} as const;

/** Where an alarm about one of these is over. */
export const branchMargins: Readonly<Record<keyof typeof branchLimits, number>> = {
  certificateDays: certificateDays + marginDays,
  clockSkewS: 240,
  freeBytes: 1_500_000_000,
};

type Limits = Readonly<Record<keyof typeof branchLimits, number>>;

export type TroubleName = 'error' | 'overdue' | 'never-seen' | 'certificate' | 'clock' | 'disk';

/** One kind of trouble a branch can be in: who has it, and how to say it for one and for many. */
interface Trouble {
  readonly name: TroubleName;
  readonly level: Notice['level'];
  readonly has: (branch: BranchStatus, limits: Limits) => boolean;
  readonly one: (branch: BranchStatus) => Omit<Notice, 'level'>;
  readonly many: (count: string) => Omit<Notice, 'level'>;
}

/** Which sites are behind, and why; and whether the hub itself keeps its release fresh. */
export function branchNotices(hub: HubStatus, version: string, times: Times): readonly Notice[] {
  return [
    ...freshnessNotices(hub, times),
    ...troubles(hub, times).flatMap(({ level, has, one, many }): Notice[] => {
      const concerned = hub.branches.filter((branch) => concerns(branch, has, branchLimits));
      if (concerned.length <= groupFrom) {
        return concerned.map((branch) => ({ level, ...one(branch) }));
      }
      const together = many(plural(concerned.length, 'branch', 'branches'));
      const who = names(concerned.map(({ name }) => name));
      return [{ level, ...together, what: `${together.what} ${who}.` }];
    }),
    ...versionNotices(hub, version),
  ];
}

const concerns = (branch: BranchStatus, has: Trouble['has'], limits: Limits): boolean =>
  branch.state !== 'revoked' && has(branch, limits);

/** The branches in one kind of trouble or near it, each for itself. */
export function branchFindings(name: TroubleName, hub: HubStatus, times: Times): Finding[] {
  return troubles(hub, times)
    .filter((trouble) => trouble.name === name)
    .flatMap(({ level, has, one }) =>
      hub.branches
        .filter((branch) => concerns(branch, has, branchMargins))
        .map((branch) => ({
          about: branch.name,
          near: !concerns(branch, has, branchLimits),
          level,
          ...one(branch),
        })),
    );
}

function freshnessNotices({ timestampExpiresAt }: HubStatus, times: Times): Notice[] {
  if (timestampExpiresAt === null || times.ageS(timestampExpiresAt) < 0) return [];
  return [
    {
      level: 'failed',
      what: `The signature on the release expired at ${times.at(timestampExpiresAt)}: branches refuse it.`,
      advice: 'The hub signs again by itself; see its log why it cannot.',
      code: 'RELEASE_FROZEN',
    },
  ];
}

function troubles(hub: HubStatus, times: Times): readonly Trouble[] {
  return [
    {
      name: 'error',
      level: 'failed',
      has: ({ state }) => state === 'error',
      one: ({ name, lastError }) => ({
        what: `${name} cannot take the release: ${lastError?.sentence ?? 'it gave no reason'}`,
        advice: lastError?.advice ?? adviceFor(lastError?.code ?? ''),
        code: lastError?.code,
      }),
      many: (count) => ({
        what: `${count} cannot take the release:`,
        advice: 'The table says why for each.',
      }),
    },
    {
      name: 'overdue',
      level: 'failed',
      has: ({ state }) => state === 'overdue',
      one: (branch) => overdue(branch, times),
      many: (count) => ({
        what: `${count} have not asked for updates when they should:`,
        advice: 'So many at once: check this hub’s own link and its port for branches first.',
        code: 'PEER_UNREACHABLE',
      }),
    },
    {
      name: 'never-seen',
      level: 'warning',
      has: ({ state }) => state === 'never-seen',
      one: ({ name }) => ({
        what: `${name} was admitted but has never asked for updates.`,
        advice: `Start the server at ${name}; it asks by itself within one interval.`,
      }),
      many: (count) => ({
        what: `${count} were admitted but have never asked for updates:`,
        advice: 'Start the servers there.',
      }),
    },
    {
      name: 'certificate',
      level: 'warning',
      has: ({ certificateDaysLeft: days }, limits) =>
        days !== null && days <= limits.certificateDays,
      one: ({ name, certificateDaysLeft: days }) => ({
        what:
          days !== null && days < 0
            ? `The certificate of ${name} has expired.`
            : `The certificate of ${name} expires in ${plural(days ?? 0, 'day')}.`,
        advice: `It should have been renewed by itself: see the log at ${name}, or invite it again.`,
      }),
      many: (count) => ({
        what: `${count} have a certificate that is about to expire:`,
        advice: 'They should have been renewed by themselves: see the log of this hub.',
      }),
    },
    {
      name: 'clock',
      level: 'warning',
      has: ({ clockSkewS: s }, limits) => s !== null && Math.abs(s) >= limits.clockSkewS,
      one: ({ name, clockSkewS: s }) => ({
        what: `The clock of ${name} is ${duration(Math.abs(s ?? 0))} ${(s ?? 0) < 0 ? 'slow' : 'fast'}.`,
        advice: `Set up time synchronisation at ${name}: signatures and certificates depend on it.`,
      }),
      many: (count) => ({
        what: `The clocks of ${count} are off:`,
        advice: 'So many at once: check the clock of this hub first.',
      }),
    },
    {
      name: 'disk',
      level: 'warning',
      has: ({ freeBytes: free, lastError }, limits) =>
        free !== null && free < limits.freeBytes && lastError?.code !== 'DISK_FULL',
      one: ({ name, freeBytes: free }) => ({
        what: `${name} has only ${bytes(free ?? 0)} left on its disk.`,
        advice: `Make room at ${name}: ${bytes(hub.bytes)} are in the present release, and it is kept packed and unpacked.`,
      }),
      many: (count) => ({
        what: `${count} are short of disk space:`,
        advice: 'Make room there.',
      }),
    },
  ];
}

function overdue(
  { name, lastSeenAt, intervalS, releaseVersion }: BranchStatus,
  times: Times,
): Omit<Notice, 'level'> {
  const since = lastSeenAt
    ? ` since ${times.at(lastSeenAt)} (${duration(times.ageS(lastSeenAt))})`
    : '';
  const should = intervalS === null ? '' : ` It should ask ${every(intervalS)}.`;
  const phones =
    releaseVersion === null ? '' : ` Its phones go on with release ${number(releaseVersion)}.`;
  return {
    what: `${name} has not asked for updates${since}.${should}`,
    advice: `Check the link to ${name} and that the server there runs.${phones}`,
    code: 'PEER_UNREACHABLE',
  };
}

/** Major and minor: what must agree between hub and branch to be sure of each other. */
export const sameVersion = (a: string, b: string): boolean =>
  a.split('.').slice(0, 2).join('.') === b.split('.').slice(0, 2).join('.');

function versionNotices(hub: HubStatus, version: string): Notice[] {
  const others = hub.branches.filter(
    (branch) =>
      branch.state !== 'revoked' &&
      branch.version !== null &&
      !sameVersion(branch.version, version),
  );
  if (others.length === 0) return [];
  const who = names(others.map((branch) => `${branch.name} (${branch.version ?? ''})`));
  return [
    {
      level: 'warning',
      what: `Another version of Branchline than here (${version}) runs at ${who}.`,
      advice: 'It works with one minor version between them; bring them to the same version.',
    },
  ];
}
