import { Type, type Static } from 'typebox';
import type { Route } from './routes.ts';
import { closed, text } from './schema-words.ts';

/** The body of GET /api/v1/settings: which settings a server has read, and none of them. */
export const readSettingsSchema = Type.Object(
  {
    file: text('Path of the settings file'),
    sha256: text('Of the file as it was read: another one now means that a restart is due'),
  },
  closed,
);
export type ReadSettings = Static<typeof readSettingsSchema>;

const problem = { type: 'application/problem+json', schema: 'Problem' } as const;

export const settingsRoutes = {
  settings: {
    method: 'GET',
    url: '/api/v1/settings',
    summary: 'Which settings this server was started with: whether a change of the file counts yet',
    secured: true,
    answers: {
      200: {
        description: 'File and digest',
        type: 'application/json',
        schema: 'ReadSettings',
      },
      401: { description: 'The ApiToken is missing or wrong', ...problem },
    },
  },
} as const satisfies Record<string, Route>;
