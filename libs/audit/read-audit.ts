import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { systemCode } from '#libs/errors';
import type { AuditEntry } from './audit.ts';
import { auditFile, olderFiles } from './audit-log.ts';

export interface AuditRecord extends AuditEntry {
  /** ISO 8601. */
  readonly time: string;
}

export interface AuditQuery {
  /** Unix milliseconds. */
  readonly since: number;
  readonly fits: (record: AuditRecord) => boolean;
  /** The last so many. */
  readonly limit: number;
}

/** What an audit log says, oldest first; a line that a power cut has torn is passed over. */
export async function readAudit(folder: string, query: AuditQuery): Promise<AuditRecord[]> {
  const { since, fits, limit } = query;
  let found: AuditRecord[] = [];
  for (const file of [...(await olderFiles(folder)), auditFile(folder)]) {
    for await (const line of linesOf(file)) {
      const record = recordOf(line);
      if (record === undefined || Date.parse(record.time) < since || !fits(record)) continue;
      found.push(record);
      if (found.length >= 2 * limit) found = found.slice(-limit);
    }
  }
  return found.slice(-limit);
}

async function* linesOf(file: string): AsyncGenerator<string, void, undefined> {
  try {
    yield* createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  } catch (error) {
    // Set aside or removed meanwhile.
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

function recordOf(line: string): AuditRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is AuditRecord =>
  typeof value === 'object' &&
  value !== null &&
  ['time', 'act', 'by', 'kind', 'name', 'result'].every(
    (key) => key in value && typeof Reflect.get(value, key) === 'string',
  );
