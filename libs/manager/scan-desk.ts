import type { ScannedList, ScannedQuestion, ScanReportFormat } from '#libs/pages';
import type { ScanView } from '#libs/scan';

/** Where the scan pages ask and command; apps/manager knows the server and its files. */
export interface ScanDesk {
  /** Newest first. */
  recent(limit: number): Promise<{
    readonly scans: readonly ScanView[];
    /** The server answers: it can be told to scan. */
    readonly running: boolean;
  }>;
  find(id: string): Promise<ScanView | undefined>;
  phones(id: string, question: ScannedQuestion): Promise<ScannedList>;
  /** Of a scan that is known. */
  report(id: string, format: ScanReportFormat): AsyncIterable<Buffer>;
  /** What can be scanned: files of ranges in the folder of scans, and how many addresses a scan may ask. */
  choices(): Promise<{
    readonly folder: string;
    readonly files: readonly string[];
    readonly maxCount: number;
  }>;
  /** @throws BranchlineError SCAN_RANGE_INVALID, SCAN_TOO_LARGE, NOT_FOUND. */
  check(what: string, max: number | undefined): Promise<void>;
  /** @throws BranchlineError ALREADY_RUNNING, NOT_RUNNING, and as `check`. */
  begin(what: string, max: number | undefined): Promise<ScanView>;
  /** @throws BranchlineError NOT_RUNNING, NOT_FOUND. */
  cancel(id: string): Promise<void>;
}
