import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, PARTIAL_SUFFIX, streamDurably, writeDurably } from '#libs/files';
import type { ScannedPhone } from './scanned-phone.ts';
import {
  csvReport,
  detailReport,
  jsonReport,
  summaryReport,
  type ReportHead,
} from './scan-report.ts';

/** Bytes of one report; some thousand more telephones than one scan may ask. */
const maxReportBytes = 256 * 1024 * 1024;

const endings = ['_detail.txt', '_summary.txt', '.csv', '.json'] as const;
const ownName =
  /^(scan_\d{4}-\d\d-\d\d_\d{6}_[0-9a-f]{4})(?:_detail\.txt|_summary\.txt|\.csv|\.json)$/;
const ownPartial = /^\.scan_\d{4}-\d\d-\d\d_\d{6}_/;

/** What the files of a scan begin with: when it began, by the clock on this wall. */
export function reportName(id: string, startedAt: number): string {
  const at = new Date(startedAt);
  const two = (number: number): string => String(number).padStart(2, '0');
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join('');
  return `scan_${date}_${time}_${id.slice(0, 4)}`;
}

/** True for what a scan has written, and not for a file of ranges. */
export const isReportName = (name: string): boolean => ownName.test(name);

export interface ScanFolderOptions {
  readonly folder: string;
  /** Scans whose files stay. */
  readonly keep: number;
}

/** The folder `Scan` (Guide p. 42): files of ranges, which are the administrator's, and what scans have found. */
export class ScanFolder {
  readonly path: string;
  readonly #keep: number;

  constructor({ folder, keep }: ScanFolderOptions) {
    this.path = folder;
    this.#keep = keep;
  }

  /** Make it, and remove what a killed program had not finished writing. */
  async prepare(): Promise<void> {
    await makeFolder(this.path);
    const names = await readdir(this.path);
    const partial = names.filter((name) => ownPartial.test(name) && name.endsWith(PARTIAL_SUFFIX));
    await this.#remove(partial);
  }

  /**
   * Detail and summary for people, CSV and JSON for programs: each whole or not there. Older ones go.
   * @throws BranchlineError DISK_FULL or WRITE_FAILED.
   */
  async write(head: ReportHead, phones: readonly ScannedPhone[]): Promise<string> {
    const name = reportName(head.id, head.startedAt);
    const [detail, summary, csv, json] = endings.map((ending) =>
      path.join(this.path, name + ending),
    );
    await makeFolder(this.path);
    const limit = { maxBytes: maxReportBytes };
    if (detail !== undefined) await streamDurably(detail, detailReport(head, phones), limit);
    if (csv !== undefined) await streamDurably(csv, csvReport(phones), limit);
    if (json !== undefined) await streamDurably(json, jsonReport(head, phones), limit);
    // The last one: who finds it finds the others.
    if (summary !== undefined) await writeDurably(summary, summaryReport(head));
    await this.#removeOld();
    return name;
  }

  async #removeOld(): Promise<void> {
    const names = await readdir(this.path);
    const scans = new Set(names.flatMap((name) => ownName.exec(name)?.[1] ?? []));
    const old = new Set([...scans].toSorted().slice(0, -this.#keep));
    await this.#remove(names.filter((name) => old.has(ownName.exec(name)?.[1] ?? '')));
  }

  async #remove(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(path.join(this.path, name), { force: true });
  }
}
