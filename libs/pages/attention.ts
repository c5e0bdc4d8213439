import { accessNotices } from './access-section.ts';
import { archiveNotices } from './archive-section.ts';
import { adviceFor } from './advice.ts';
import { branchNotices } from './branch-attention.ts';
import { recordNotices } from './records-section.ts';
import { relayNotices } from './relay-attention.ts';
import type { Status, SyncStatus } from './status.ts';
import { bytes, duration, type Times } from './words.ts';

/** Something a person should know first: what, since when, and what to do. */
export interface Notice {
  readonly level: 'failed' | 'warning';
  /** One sentence for people. */
  readonly what: string;
  readonly advice: string;
  readonly code?: string | undefined;
}

const certificateDays = 7;

/** Everything that needs a person, failures first. An empty list means that all is well. */
export function attention(status: Status, times: Times): readonly Notice[] {
  const notices = [
    ...listenerNotices(status),
    ...accessNotices(status),
    ...(status.sync ? syncNotices(status.sync, times) : []),
    ...(status.relay ? relayNotices(status.relay, times) : []),
    ...(status.archive ? archiveNotices(status.archive) : []),
    ...recordNotices(status.intakes, times),
    ...diskNotices(status),
    ...(status.hub ? branchNotices(status.hub, status.server.version, times) : []),
    ...certificateNotices(status, times),
    ...status.warnings.map((what): Notice => ({ level: 'warning', what, advice: '' })),
  ];
  return [
    ...notices.filter(({ level }) => level === 'failed'),
    ...notices.filter(({ level }) => level === 'warning'),
  ];
}

function listenerNotices({ listeners }: Status): Notice[] {
  return listeners
    .filter(({ state }) => state === 'failed')
    .map(({ name, port, detail }) => ({
      level: 'failed',
      what: `${name} does not listen on port ${port}: ${detail}`,
      advice: adviceFor('LISTEN_FAILED'),
      code: 'LISTEN_FAILED',
    }));
}

function syncNotices(sync: SyncStatus, times: Times): Notice[] {
  return [...peerNotices(sync, times), ...runNotices(sync, times), ...refusedNotices(sync)];
}

const isAway = (state: string): boolean => state === 'down' || state === 'open-circuit';

function peerNotices({ primary, secondary }: SyncStatus, times: Times): Notice[] {
  const others = secondary ? [{ role: 'secondary', other: primary, peer: secondary }] : [];
  return [{ role: 'primary', other: secondary, peer: primary }, ...others]
    .filter(({ peer }) => isAway(peer.state))
    .map(({ role, peer, other }) => {
      const alone = other === null || isAway(other.state);
      const since = peer.lastContactAt
        ? ` since ${times.at(peer.lastContactAt)} (${duration(times.ageS(peer.lastContactAt))})`
        : '';
      const why = peer.lastError ? `: ${peer.lastError.sentence}` : '.';
      const code = peer.lastError?.code ?? 'PEER_UNREACHABLE';
      const meanwhile = alone
        ? 'The phones go on with what is published here.'
        : 'Updates come from the other one meanwhile.';
      return {
        level: alone ? 'failed' : 'warning',
        what: `The ${role} hub ${peer.address} does not answer${since}${why}`,
        advice: `${adviceFor(code)} ${meanwhile}`,
        code,
      };
    });
}

function runNotices(sync: SyncStatus, times: Times): Notice[] {
  const message = sync.lastRun?.message ?? '';
  const since = sync.lastSuccessAt ? ` since ${times.at(sync.lastSuccessAt)}` : '';
  switch (sync.state) {
    case 'idle':
    case 'running':
      return [];
    case 'waiting-for-space':
      return [
        {
          level: 'failed',
          what: `Updates wait for space on the disk. ${message}`.trim(),
          advice: adviceFor('DISK_FULL'),
          code: 'DISK_FULL',
        },
      ];
    case 'frozen':
      return [
        {
          level: 'failed',
          what: `The hub has shown nothing fresh${since}: its release is past its expiry. ${message}`.trim(),
          advice: adviceFor('RELEASE_FROZEN'),
          code: 'RELEASE_FROZEN',
        },
      ];
    case 'not-joined':
      return [
        {
          level: 'failed',
          what: 'This branch has not joined a hub.',
          advice: adviceFor('NOT_JOINED'),
          code: 'NOT_JOINED',
        },
      ];
    case 'failed': {
      const code = sync.lastRun?.code ?? 'INTERNAL';
      const told = [sync.primary, sync.secondary].some(
        (peer) => peer && isAway(peer.state) && peer.lastError?.code === code,
      );
      if (told) return [];
      return [
        {
          level: 'failed',
          what: `No sync has succeeded${since}: ${message || code}`,
          advice: adviceFor(code),
          code,
        },
      ];
    }
  }
}

function refusedNotices({ files }: SyncStatus): Notice[] {
  return files
    .filter(({ state }) => state === 'refused' || state === 'failed')
    .slice(0, 10)
    .map(({ name, state, code, reason }) => ({
      level: 'warning',
      what: `${name} ${state === 'refused' ? 'was refused and nothing of it published' : 'could not be taken yet'}: ${reason ?? code ?? 'unknown'}`,
      advice: adviceFor(code ?? ''),
      code: code ?? undefined,
    }));
}

function diskNotices({ disks }: Status): Notice[] {
  // Folders with the same figures lie on one disk.
  const byDisk = Map.groupBy(disks, ({ freeBytes, totalBytes }) => `${freeBytes} ${totalBytes}`);
  return [...byDisk.values()].flatMap(([disk]): Notice[] => {
    if (disk === undefined || disk.level === 'ok') return [];
    const { folder, freeBytes, totalBytes, level } = disk;
    return [
      {
        level: level === 'alarm' ? 'failed' : 'warning',
        what: `Only ${bytes(freeBytes)} of ${bytes(totalBytes)} are free on the disk of ${folder}.`,
        advice: 'Make room: updates and backups stop when it is full; downloads go on.',
        code: level === 'alarm' ? 'DISK_ALARM' : 'DISK_LOW',
      },
    ];
  });
}

function certificateNotices({ certificates }: Status, times: Times): Notice[] {
  return certificates.flatMap(({ name, expiresAt }): Notice[] => {
    const leftS = -times.ageS(expiresAt);
    if (leftS > certificateDays * 86_400) return [];
    const gone = leftS <= 0;
    return [
      {
        level: gone ? 'failed' : 'warning',
        what: gone
          ? `The certificate for ${name} has expired (${times.at(expiresAt)}).`
          : `The certificate for ${name} expires in ${duration(leftS)}.`,
        advice: 'Renew it, or see in the log why it was not renewed by itself.',
        code: gone ? 'CERTIFICATE_EXPIRED' : undefined,
      },
    ];
  });
}
