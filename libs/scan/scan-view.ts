import { Type, type Static, type TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { scanAskers, scanStates, type ScanRecord } from '#libs/journal';
import { scanSummarySchema, ScanTally, summaryText, type ScanSummary } from './scan-summary.ts';

const closed = { additionalProperties: false } as const;
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const time = (description: string) => Type.String({ format: 'date-time', description });

/** A scan as programs and people are told of it. */
export const scanViewSchema = Type.Object(
  {
    id: Type.String({ maxLength: 64 }),
    state: Type.Enum([...scanStates], {
      description: 'cancelled: what had answered until then is kept',
    }),
    askedBy: Type.Enum([...scanAskers]),
    ranges: Type.String({ description: 'What was scanned' }),
    startedAt: time('Start'),
    endedAt: orNull(time('End')),
    summary: scanSummarySchema,
    words: Type.String({ description: 'The summary in one sentence' }),
    files: orNull(Type.String({ description: 'What its files in the folder Scan begin with' })),
    code: orNull(Type.String({ description: 'Why it failed' })),
    message: orNull(Type.String({ description: 'The same for people' })),
  },
  closed,
);
export type ScanView = Static<typeof scanViewSchema>;

export function scanView(scan: ScanRecord): ScanView {
  const summary = summaryOf(scan);
  return {
    id: scan.id,
    state: scan.state,
    askedBy: scan.askedBy,
    ranges: scan.ranges,
    startedAt: new Date(scan.startedAt).toISOString(),
    endedAt: scan.endedAt === undefined ? null : new Date(scan.endedAt).toISOString(),
    summary,
    words: summaryText(summary),
    files: scan.files ?? null,
    code: scan.code ?? null,
    message: scan.message ?? null,
  };
}

/** Written by this program; an older version's may have another shape. */
export function summaryOf({ summary, addresses }: ScanRecord): ScanSummary {
  const parsed: unknown = JSON.parse(summary);
  return Check(scanSummarySchema, parsed) ? parsed : new ScanTally(addresses).summary;
}
