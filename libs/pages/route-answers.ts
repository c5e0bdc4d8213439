import type { Answer } from './routes.ts';

export const json = 'application/json';

export const jsonAnswer = (description: string, schema: NonNullable<Answer['schema']>): Answer => ({
  description,
  type: json,
  schema,
});

/** Problem details (RFC 9457). */
export const problemAnswer = (description: string): Answer => ({
  description,
  type: 'application/problem+json',
  schema: 'Problem',
});
