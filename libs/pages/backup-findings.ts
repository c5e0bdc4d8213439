import { adviceFor } from './advice.ts';
import type { Finding } from './attention.ts';
import type { Status } from './status.ts';
import { bytes, duration, plural, type Times } from './words.ts';

/** Copies of the telephones' data that are older than they should be: the archive, the customer's copy, what waits for a hub. */
export function backupFindings(status: Status, times: Times, hours: number): Finding[] {
  const { archive, relay } = status;
  const isOld = (at: string | null): boolean => at === null || times.ageS(at) > hours * 3_600;
  const age = (at: string | null): string =>
    at === null ? 'has never been made' : `is ${duration(times.ageS(at))} old`;
  const findings: Finding[] = [];
  // An archive of which nothing has changed is not made again: its age alone says nothing.
  if (
    archive?.lastError &&
    archive.lastError.code !== 'ARCHIVE_INCOMPLETE' &&
    isOld(archive.madeAt)
  ) {
    findings.push({
      about: 'archive',
      level: 'failed',
      what: `The archive of the telephones' data ${age(archive.madeAt)}: ${archive.lastError.sentence}`,
      advice: adviceFor(archive.lastError.code),
      code: archive.lastError.code,
    });
  }
  const copy = archive?.customFtp;
  if (copy?.lastError && isOld(copy.sentAt)) {
    findings.push({
      about: copy.server,
      level: 'failed',
      what: `The copy of the archive on ${copy.server} ${age(copy.sentAt)}: ${copy.lastError.sentence}`,
      advice: adviceFor(copy.lastError.code),
      code: copy.lastError.code,
    });
  }
  for (const { kind, waiting, waitingBytes, oldestWaitingAt, lastError } of relay?.outgoing ?? []) {
    if (kind !== 'backup' || oldestWaitingAt === null || !isOld(oldestWaitingAt)) continue;
    findings.push({
      about: 'backups',
      level: 'failed',
      what: `${plural(waiting, 'backup')} (${bytes(waitingBytes)}) ${waiting === 1 ? 'has' : 'have'} waited for a hub for ${duration(times.ageS(oldestWaitingAt))}${
        lastError === null ? '.' : `: ${lastError.sentence}`
      }`,
      advice: adviceFor(lastError?.code ?? 'PEER_UNREACHABLE'),
      code: lastError?.code,
    });
  }
  return findings;
}
