import { asBranchlineError, BranchlineError } from '#libs/errors';
import { openInside } from '#libs/files';
import { parseRange, parseRanges, sayRanges, type AddressRange } from '#libs/phones';

const maxBytes = 256 * 1024;
const maxRanges = 4_096;
const maxFaults = 5;

/**
 * The ranges of a file, one a line (Guide p. 42); blank lines and those that begin with `#` say nothing. Every fault is told
 * with its line, and then nothing is scanned.
 * @throws BranchlineError SCAN_RANGE_INVALID.
 */
export function readRanges(text: string, name: string): AddressRange[] {
  const ranges: AddressRange[] = [];
  const faults: string[] = [];
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    try {
      ranges.push(parseRange(line));
    } catch (error) {
      faults.push(`line ${index + 1}: ${asBranchlineError(error).message}`);
    }
    if (ranges.length > maxRanges || faults.length > maxFaults) break;
  }
  if (ranges.length > maxRanges) faults.push(`it has more than ${maxRanges} ranges`);
  if (faults.length > 0) {
    const rest = faults.length > maxFaults ? '; and more' : '';
    const told = faults.slice(0, maxFaults).join('; ');
    throw new BranchlineError('SCAN_RANGE_INVALID', `nothing was scanned: ${name}, ${told}${rest}`);
  }
  if (ranges.length === 0)
    throw new BranchlineError('SCAN_RANGE_INVALID', `nothing was scanned: ${name} has no ranges`);
  return ranges;
}

/** What somebody asks to scan: ranges with commas between them, or the name of a file in the folder of scans. */
export const rangesOf = async (folder: string, wanted: string): Promise<AddressRange[]> =>
  sayRanges(wanted) ? parseRanges(wanted) : await rangesOfFile(folder, wanted);

/** @throws BranchlineError SCAN_RANGE_INVALID, NOT_FOUND, PATH_OUTSIDE_TREE or NAME_MALFORMED. */
export async function rangesOfFile(folder: string, name: string): Promise<AddressRange[]> {
  const { handle, stats } = await openInside(folder, name);
  try {
    if (stats.size > maxBytes) {
      throw new BranchlineError(
        'SCAN_RANGE_INVALID',
        `nothing was scanned: ${name} has more than ${maxBytes} bytes: it is no file of ranges`,
      );
    }
    const bytes = Buffer.alloc(stats.size);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    return readRanges(bytes.subarray(0, bytesRead).toString(), name);
  } finally {
    await handle.close();
  }
}
