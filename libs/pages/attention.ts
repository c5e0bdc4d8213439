import { accessNotices } from './access-section.ts';
import { archiveNotices } from './archive-section.ts';
import { adviceFor } from './advice.ts';
import { branchNotices, certificateDays, marginDays } from './branch-attention.ts';
import { mirrorNotices } from './mirror-attention.ts';
import { recordNotices } from './records-section.ts';
import { relayNotices } from './relay-attention.ts';
import type { Status } from './status.ts';
import { syncNotices } from './sync-attention.ts';
import { bytes, duration, type Times } from './words.ts';

/** Something a person should know first: what, since when, and what to do. */
export interface Notice {
  readonly level: 'failed' | 'warning';
  /** One sentence for people. */
  readonly what: string;
  readonly advice: string;
  readonly code?: string | undefined;
}

/** Something about one thing, for which an alarm may be raised. */
export interface Finding extends Notice {
  /** Which branch, disk, certificate …; empty for this server itself. */
  readonly about: string;
  /** True within the margin: no reason to speak, but an alarm that is on stays on. */
  readonly near?: boolean;
}

/** Without those within the margin. */
export const outright = (findings: readonly Finding[]): Notice[] =>
  findings.filter(({ near }) => near !== true);

/** Everything that needs a person, failures first. An empty list means that all is well. */
export function attention(status: Status, times: Times): readonly Notice[] {
  const notices = [
    ...listenerNotices(status),
    ...accessNotices(status),
    ...(status.sync ? syncNotices(status.sync, times) : []),
    ...(status.relay ? relayNotices(status.relay, times) : []),
    ...(status.mirror ? mirrorNotices(status.mirror, times) : []),
    ...(status.archive ? archiveNotices(status.archive) : []),
    ...recordNotices(status.intakes, times),
    ...outright(diskFindings(status)),
    ...(status.hub ? branchNotices(status.hub, status.server.version, times) : []),
    ...outright(certificateFindings(status, times)),
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

/** Disks above one of their thresholds; DiskWatch keeps the margin. */
export function diskFindings({ disks }: Status): Finding[] {
  // Folders with the same figures lie on one disk.
  const byDisk = Map.groupBy(disks, ({ freeBytes, totalBytes }) => `${freeBytes} ${totalBytes}`);
  return [...byDisk.values()].flatMap(([disk]): Finding[] => {
    if (disk === undefined || disk.level === 'ok') return [];
    const { folder, freeBytes, totalBytes, level } = disk;
    return [
      {
        about: folder,
        level: level === 'alarm' ? 'failed' : 'warning',
        what: `Only ${bytes(freeBytes)} of ${bytes(totalBytes)} are free on the disk of ${folder}.`,
        advice: 'Make room: updates and backups stop when it is full; downloads go on.',
        code: level === 'alarm' ? 'DISK_ALARM' : 'DISK_LOW',
      },
    ];
  });
}

/** Certificates of this server that end soon. */
export function certificateFindings({ certificates }: Status, times: Times): Finding[] {
  return certificates.flatMap(({ name, expiresAt }): Finding[] => {
    const leftS = -times.ageS(expiresAt);
    const leftDays = leftS / 86_400;
    if (leftDays > certificateDays + marginDays) return [];
    const gone = leftS <= 0;
    return [
      {
        about: name,
        near: leftDays > certificateDays,
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
