import { Type } from 'typebox';
import type { Answer, Route } from './routes.ts';
import { updateLimits } from './update-shapes.ts';

const json = 'application/json';
const problem = (description: string): Answer => ({
  description,
  type: 'application/problem+json',
  schema: 'Problem',
});
const wrongToken = problem('The ApiToken is missing or wrong');
const notThere = problem('No such upload or update');

const by = Type.Optional(
  Type.String({ maxLength: 128, description: 'Who decides, for the audit log' }),
);
const name = Type.String({ minLength: 1, maxLength: 255, description: 'Name in Updates' });
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const draftParams = Type.Object({ draft: Type.String({ maxLength: 64 }) });
const goingBack = {
  name,
  here: Type.Optional(
    Type.Boolean({ description: 'At a hub: for its own telephones only, not for branches' }),
  ),
  to: Type.Optional(sha256),
};

/** What an administrator does about updates. */
export const updateRoutes = {
  updates: {
    method: 'GET',
    url: '/api/v1/updates',
    summary: 'What is published from here, how many branches have it, and uploads that wait',
    secured: true,
    querystring: Type.Object({
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: updateLimits.page, description: 'Nothing = 50' }),
      ),
      offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    }),
    answers: {
      200: { description: 'One page of them', type: json, schema: 'Updates' },
      401: wrongToken,
    },
  },
  uploadUpdate: {
    method: 'POST',
    url: '/api/v1/updates/drafts',
    summary:
      'Upload an update: the body is the file. It is kept aside, whole or not at all, and not published',
    secured: true,
    querystring: Type.Object({ name, by }),
    answers: {
      201: { description: 'What is in it, and what it would do', type: json, schema: 'DraftLook' },
      400: problem('No usable name'),
      401: wrongToken,
      413: problem('Larger than an update may be'),
      422: problem('Telephones would not get it: the archive is refused, and why'),
      503: problem('Other uploads are on their way'),
      507: problem('No room, or too many uploads wait for a decision'),
    },
  },
  draft: {
    method: 'GET',
    url: '/api/v1/updates/drafts/:draft',
    summary: 'Look into an upload again',
    secured: true,
    params: draftParams,
    answers: {
      200: { description: 'What is in it, and what it would do', type: json, schema: 'DraftLook' },
      401: wrongToken,
      404: notThere,
    },
  },
  discardDraft: {
    method: 'DELETE',
    url: '/api/v1/updates/drafts/:draft',
    summary: 'Throw an upload away',
    secured: true,
    params: draftParams,
    querystring: Type.Object({ by }),
    answers: { 204: { description: 'It is gone', type: json }, 401: wrongToken, 404: notThere },
  },
  publishDraft: {
    method: 'POST',
    url: '/api/v1/updates/drafts/:draft/publish',
    summary: 'Publish an upload: it goes into Updates under its name',
    secured: true,
    params: draftParams,
    querystring: Type.Object({
      replaces: Type.Optional({
        ...sha256,
        description: 'SHA-256 of the published update of that name, which it replaces',
      }),
      by,
    }),
    answers: {
      204: { description: 'It is in Updates', type: json },
      401: wrongToken,
      404: notThere,
      409: problem('It would replace something else than was said'),
    },
  },
  lookAtRollBack: {
    method: 'GET',
    url: '/api/v1/updates/rollback',
    summary: 'What rolling an update back would do',
    secured: true,
    querystring: Type.Object(goingBack),
    answers: {
      200: { description: 'What would be done', type: json, schema: 'RollBack' },
      401: wrongToken,
      404: notThere,
      409: problem('It cannot be rolled back, and why'),
    },
  },
  rollBack: {
    method: 'POST',
    url: '/api/v1/updates/rollback',
    summary:
      'Roll an update back: at a hub its earlier bytes are published again, elsewhere the files that it replaced are put back',
    secured: true,
    querystring: Type.Object({ ...goingBack, by }),
    answers: {
      200: { description: 'What was done', type: json, schema: 'RollBack' },
      401: wrongToken,
      404: notThere,
      409: problem('It cannot be rolled back, and why'),
    },
  },
  withdrawUpdate: {
    method: 'POST',
    url: '/api/v1/updates/withdraw',
    summary:
      'Take an update out of Updates; what was made of it stays with telephones and branches',
    secured: true,
    querystring: Type.Object({ name, sha256, by }),
    answers: {
      204: { description: 'It is no longer in Updates', type: json },
      401: wrongToken,
      404: notThere,
      409: problem('Other bytes have that name by now, or it comes from the hub above'),
    },
  },
} as const satisfies Record<string, Route>;
