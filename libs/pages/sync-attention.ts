import { adviceFor } from './advice.ts';
import type { Finding, Notice } from './attention.ts';
import type { SyncStatus } from './status.ts';
import { duration, type Times } from './words.ts';

/** What keeps this branch from being up to date. */
export function syncNotices(sync: SyncStatus, times: Times): Notice[] {
  const refused = fileFindings(sync, ['refused', 'failed']).slice(0, shownFiles);
  return [...peerNotices(sync, times), ...runNotices(sync, times), ...refused];
}

const shownFiles = 10;

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
      return [failure(sync, times)];
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
      const notice = failure(sync, times);
      const told = [sync.primary, sync.secondary].some(
        (peer) => peer && isAway(peer.state) && peer.lastError?.code === notice.code,
      );
      return told ? [] : [notice];
    }
  }
}

/** How the last run failed. */
function failure(sync: SyncStatus, times: Times): Notice {
  const message = sync.lastRun?.message ?? '';
  const since = sync.lastSuccessAt ? ` since ${times.at(sync.lastSuccessAt)}` : '';
  const frozen = sync.state === 'frozen' || sync.lastRun?.code === 'RELEASE_FROZEN';
  const code = frozen ? 'RELEASE_FROZEN' : (sync.lastRun?.code ?? 'INTERNAL');
  return {
    level: 'failed',
    what: frozen
      ? `The hub has shown nothing fresh${since}: its release is past its expiry. ${message}`.trim()
      : `No sync has succeeded${since}: ${message || code}`,
    advice: adviceFor(code),
    code,
  };
}

/** Of runs that failed one after the other; outright from so many on. */
export const syncFindings = (sync: SyncStatus, times: Times, runs: number): Finding[] =>
  sync.failures === 0 ? [] : [{ ...failure(sync, times), about: '', near: sync.failures < runs }];

/** Archives that were not taken. */
export function fileFindings(
  { files }: SyncStatus,
  states: readonly ('refused' | 'failed')[],
): Finding[] {
  return files
    .filter(({ state }) => states.some((each) => each === state))
    .map(({ name, state, code, reason }) => ({
      about: name,
      level: 'warning',
      what: `${name} ${state === 'refused' ? 'was refused and nothing of it published' : 'could not be taken yet'}: ${reason ?? code ?? 'unknown'}`,
      advice: adviceFor(code ?? ''),
      code: code ?? undefined,
    }));
}
