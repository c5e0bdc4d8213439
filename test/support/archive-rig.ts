import path from 'node:path';
import type { ErrorCode } from '#libs/errors';
import { Journal } from '#libs/journal';
import { silentLogger } from '#libs/observe';
import { ArchiveState, FtpArchive } from '#libs/sync';
import { onTestFinished } from 'vitest';
import { tempFolder } from './temp-folder.ts';

export interface ArchiveRig {
  readonly folder: string;
  readonly backup: string;
  /** Its clock stands at `at` from now on. */
  readonly makeAt: (at: string) => Promise<void>;
  /** As after a restart: nothing is remembered but what is in the journal. */
  readonly restart: () => void;
  readonly archive: () => FtpArchive;
  readonly refusals: { readonly code: ErrorCode; readonly sentence: string }[];
}

/** An archive of FTPdata whose clock the test sets, in the zone of Berlin unless told. */
export async function archiveRig(
  options: { readonly folder?: string; readonly zone?: string } = {},
): Promise<ArchiveRig> {
  const { zone = 'Europe/Berlin' } = options;
  const root = options.folder ?? (await tempFolder());
  const folder = path.join(root, 'FTPdata');
  const backup = path.join(root, 'Backup');
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  let now = 0;
  const refusals: ArchiveRig['refusals'] = [];
  const make = (): FtpArchive =>
    new FtpArchive({
      ...{ folder, backup, zone },
      made: new ArchiveState(journal, 'archive made'),
      month: new ArchiveState(journal, 'archive month'),
      clock: { now: () => now },
      log: silentLogger(),
      refused: (code, sentence) => {
        refusals.push({ code, sentence });
      },
    });
  let archive = make();
  return {
    ...{ folder, backup, refusals },
    makeAt: async (at) => {
      now = Date.parse(at);
      await archive.make(new AbortController().signal);
    },
    restart: () => {
      archive = make();
    },
    archive: () => archive,
  };
}
