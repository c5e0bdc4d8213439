import { Type } from 'typebox';
import { historySteps, maxBuckets, seriesNames, type HistoryStep } from '#libs/history';
import type { Route } from './routes.ts';
import { closed, list, orNull, text } from './schema-words.ts';

const figures = (description: string) =>
  list(Type.Integer({ minimum: 0, description }), maxBuckets);

/** The body of GET /api/v1/history: columns, as plots want them. No secrets in it. */
export const historySchema = Type.Object(
  {
    series: Type.Enum([...seriesNames]),
    kind: Type.Enum(['count', 'level', 'span'], {
      description:
        'count: what happened in a bucket; level: how it was at its end; span: durations, added up',
    }),
    unit: text('files, bytes, ms, records, telephones or branches'),
    step: Type.Integer({ description: 'Width of a bucket, seconds; days begin at midnight' }),
    times: list(Type.Integer({ description: 'Start of a bucket, Unix seconds' }), maxBuckets),
    lines: Type.Array(
      Type.Object(
        {
          label: text('What of the series, such as "tftp done" or "J179 4.1.3.0.6"'),
          values: list(
            orNull(Type.Integer({ minimum: 0, description: 'null: nothing is known' })),
            maxBuckets,
          ),
          counts: Type.Optional(figures('Of spans: how many')),
          peaks: Type.Optional(figures('Of spans: the longest, ms')),
        },
        closed,
      ),
      { description: 'The largest; all others are added up as "others"' },
    ),
  },
  closed,
);

const moment = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', maxLength: 40, description }));

const steps: readonly HistoryStep[] = historySteps.map(({ step }) => step);

export const historyRoutes = {
  history: {
    method: 'GET',
    url: '/api/v1/history',
    summary:
      'How it has been over time: 5-minute buckets of two days, hours of 60 days, days of two years',
    querystring: Type.Object({
      series: Type.Enum([...seriesNames]),
      from: moment('Nothing = a day before `to`'),
      to: moment('Nothing = now'),
      step: Type.Optional(
        Type.Integer({ enum: [...steps], description: 'Seconds; nothing = what suits a plot' }),
      ),
    }),
    answers: {
      200: { description: 'The buckets', type: 'application/json', schema: 'History' },
      400: {
        description: 'No such series, or more buckets than one answer has',
        type: 'application/problem+json',
        schema: 'Problem',
      },
    },
  },
} as const satisfies Record<string, Route>;
