import { Type } from 'typebox';
import { fleetQuerySchema } from './fleet-schema.ts';
import type { Answer, Route } from './routes.ts';

const json = 'application/json';
const problem = (description: string): Answer => ({
  description,
  type: 'application/problem+json',
  schema: 'Problem',
});
const refused = { 401: problem('The ApiToken is missing or wrong') };
const memberParams = Type.Object({ name: Type.String({ maxLength: 64 }) });

/** What the status port of a hub answers about its branches; secured, as it names a company's sites and their troubles. */
export const fleetApi = {
  branches: {
    method: 'GET',
    url: '/api/v1/branches',
    summary: 'The branches of this hub: how each is, how far behind, and why',
    secured: true,
    querystring: fleetQuerySchema,
    answers: {
      200: { description: 'One page of them', type: json, schema: 'Fleet' },
      400: problem('The question cannot be understood'),
      ...refused,
      404: problem('This server is not a hub'),
    },
  },
  branch: {
    method: 'GET',
    url: '/api/v1/branches/:name',
    summary: 'One branch, with its troubles now and earlier',
    secured: true,
    params: memberParams,
    answers: {
      200: { description: 'The branch', type: json, schema: 'Branch' },
      ...refused,
      404: problem('No such branch'),
    },
  },
  callBranch: {
    method: 'POST',
    url: '/api/v1/branches/:name/sync',
    summary: 'Have one branch sync now',
    secured: true,
    params: memberParams,
    answers: {
      202: { description: 'Whether it was reached', type: json, schema: 'BranchCalled' },
      ...refused,
      403: problem('It was revoked'),
      404: problem('No such branch'),
    },
  },
} as const satisfies Record<string, Route>;
