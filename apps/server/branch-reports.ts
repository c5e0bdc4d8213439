import { Compile } from 'typebox/compile';
import type { BranchRecord } from '#libs/journal';
import { CheckIn } from '#libs/link';

let compiled: ReturnType<typeof Compile<typeof CheckIn>> | undefined;

/** The last check-in of each branch, read once: 2,000 of them at every look would hold the event loop. */
export class BranchReports {
  readonly #read = new Map<
    string,
    { readonly json: string; readonly report: CheckIn | undefined }
  >();

  /** Undefined before the first, and for one of an older version that has another shape. */
  of({ name, lastReport }: BranchRecord): CheckIn | undefined {
    if (lastReport === undefined) return undefined;
    const known = this.#read.get(name);
    if (known?.json === lastReport) return known.report;
    const report = parsed(lastReport);
    this.#read.set(name, { json: lastReport, report });
    return report;
  }
}

/** Written by this hub from a checked body. */
function parsed(json: string): CheckIn | undefined {
  compiled ??= Compile(CheckIn);
  const report: unknown = JSON.parse(json);
  return compiled.Check(report) ? report : undefined;
}
