import { Type, type Static } from 'typebox';
import { scannedPhoneSchema, scanViewSchema, type ScanView } from '#libs/scan';

/** Characters of the ranges in one question. */
export const maxScanQuestion = 8_000;
/** Telephones in one answer. */
export const maxScannedPerPage = 500;
/** Scans in one answer: all that are remembered. */
export const maxScansListed = 200;

/** Which of the addresses that were scanned. */
export const scannedShows = [
  'all',
  'phones',
  'behind',
  'failed',
  'current',
  'ahead',
  'unknown',
  'other',
  'silent',
] as const;
export type ScannedShow = (typeof scannedShows)[number];

export const scanReportFormats = ['csv', 'json'] as const;
export type ScanReportFormat = (typeof scanReportFormats)[number];

export const scanListSchema = Type.Object(
  {
    scans: Type.Array(scanViewSchema, {
      maxItems: maxScansListed,
      description: 'Newest first; one that is on is the first',
    }),
  },
  { additionalProperties: false },
);
export type ScanList = Static<typeof scanListSchema>;

export const scannedListSchema = Type.Object(
  {
    total: Type.Integer({ minimum: 0, description: 'Addresses that the question fits' }),
    offset: Type.Integer({ minimum: 0 }),
    phones: Type.Array(scannedPhoneSchema, {
      maxItems: maxScannedPerPage,
      description: 'In the order of their addresses',
    }),
  },
  { additionalProperties: false },
);
export type ScannedList = Static<typeof scannedListSchema>;

export interface ScannedQuestion {
  readonly show: ScannedShow;
  /** Somewhere in what is known of it. */
  readonly text: string;
  readonly limit: number;
  readonly offset: number;
}

/** What the status port needs of the scans; `apps/server` wires the two together. */
export interface ScanControl {
  /**
   * Begin to scan ranges, or those of a file in the folder of scans; `max` addresses at most.
   * @throws BranchlineError ALREADY_RUNNING, SCAN_RANGE_INVALID, SCAN_TOO_LARGE, NOT_FOUND.
   */
  begin(what: string, max: number | undefined): Promise<ScanView>;
  /** The scan with this id, cancelled if it was on; undefined when none is known. */
  cancel(id: string): ScanView | undefined;
  find(id: string): ScanView | undefined;
  recent(limit: number): readonly ScanView[];
  phones(id: string, question: ScannedQuestion): ScannedList;
  /** Undefined when no such scan is known. */
  report(id: string, format: ScanReportFormat): AsyncIterable<Buffer> | undefined;
}
