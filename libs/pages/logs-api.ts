import { Type, type Static } from 'typebox';
import { logLevels } from '#libs/observe';
import type { Route } from './routes.ts';
import { closed, text } from './schema-words.ts';

export const maxLogLines = 500;

/** The body of GET /api/v1/logs. */
export const logPageSchema = Type.Object(
  {
    lines: Type.Array(
      Type.Object(
        {
          time: text('When, ISO 8601'),
          level: Type.Enum([...logLevels]),
          service: text('Part of the server; empty for the server itself'),
          msg: text('The event'),
          facts: text(
            'Its facts as JSON, cut off when they are very long; empty when there are none',
          ),
        },
        closed,
      ),
      { maxItems: maxLogLines, description: 'Oldest first' },
    ),
    cursor: text('Send it as `after` for what comes next'),
    gap: Type.Boolean({ description: 'Lines before these have gone meanwhile' }),
  },
  closed,
);
export type LogAnswer = Static<typeof logPageSchema>;

export const logQuerySchema = Type.Object({
  level: Type.Optional(Type.Enum([...logLevels], { description: 'This one and all above' })),
  service: Type.Optional(Type.String({ maxLength: 60, description: 'Of this part only' })),
  text: Type.Optional(
    Type.String({ maxLength: 200, description: 'Anywhere in the line, in any letter case' }),
  ),
  after: Type.Optional(Type.String({ maxLength: 64, description: 'Cursor of an earlier answer' })),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: maxLogLines, description: 'The newest; nothing = 200' }),
  ),
});
export type LogQuery = Static<typeof logQuerySchema>;

const problem = { type: 'application/problem+json', schema: 'Problem' } as const;

export const logRoutes = {
  logs: {
    method: 'GET',
    url: '/api/v1/logs',
    summary: 'The last lines of the log: two thousand at most are kept, secrets are not in them',
    secured: true,
    querystring: logQuerySchema,
    answers: {
      200: { description: 'The lines', type: 'application/json', schema: 'LogPage' },
      400: { description: 'A filter is out of bounds', ...problem },
      401: { description: 'The ApiToken is missing or wrong', ...problem },
    },
  },
} as const satisfies Record<string, Route>;
