import type { UploadKind } from '#libs/journal';
import type { FramedFile } from './upload-frames.ts';
import type { Problem, UploadFile } from './shapes.ts';

/** What a hub does with what comes up. The branch's name is proven by its certificate, never taken from a request. */
export interface UploadIntake {
  /** Id of the ledger: stays the same for as long as nothing is forgotten. */
  readonly ledger: string;
  /** Which of these files are not here, by place, and how many bytes of each already are. */
  lacking(
    branch: string,
    kind: UploadKind,
    files: readonly UploadFile[],
  ): Promise<{ readonly index: number; readonly from: number }[]>;
  /**
   * Take the bytes of one file from `from` on. When it resolves, the file and its row are on the disk.
   * @throws BranchlineError LENGTH_MISMATCH when `from` is not where the part that is here ends, or the body ends early:
   * what came is kept; DIGEST_MISMATCH: nothing is kept; NAME_MALFORMED, PATH_OUTSIDE_TREE, FILE_TOO_LARGE, DISK_FULL.
   */
  receive(
    branch: string,
    kind: UploadKind,
    file: UploadFile,
    from: number,
    body: AsyncIterable<Buffer>,
  ): Promise<void>;
  /** Take small files: one answer for each, `undefined` when file and row are on the disk. */
  receiveAll(
    branch: string,
    kind: UploadKind,
    files: readonly FramedFile[],
  ): Promise<(Problem | undefined)[]>;
}
