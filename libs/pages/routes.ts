import { Type } from 'typebox';
import { explainableServers, explanationSchema } from '#libs/delivery';
import { syncJobs } from '#libs/observe';
import { historyRoutes, historySchema } from './history-api.ts';
import { logPageSchema, logRoutes } from './logs-api.ts';
import { readSettingsSchema, settingsRoutes } from './settings-api.ts';
import { fleetApi } from './fleet-api.ts';
import { branchCalledSchema, fleetMemberSchema, fleetSchema } from './fleet-schema.ts';
import { alarmListSchema, alarmMuteSchema, alarmTestSchema } from './alarm-desk.ts';
import { alarmRoutes } from './alarms-api.ts';
import { maxPhonesPerPage, phoneListSchema } from './known-phones.ts';
import { problemSchema } from './problem.ts';
import { scanRoutes, scanSchemas } from './scan-api.ts';
import { json, problemAnswer } from './route-answers.ts';
import { statusSchema } from './status.ts';
import { runAnswerSchema } from './sync-control.ts';
import { draftLookSchema, rollBackSchema, updateListSchema } from './update-shapes.ts';
import { updateRoutes } from './updates-api.ts';

export const healthSchema = Type.Object(
  { status: Type.Literal('ok'), uptimeS: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
);

export const readinessSchema = Type.Object(
  {
    ready: Type.Boolean(),
    reasons: Type.Array(Type.String({ description: 'What is missing, for people' })),
    parts: Type.Array(
      Type.Object(
        {
          part: Type.String(),
          state: Type.Enum(['ok', 'warning', 'failed']),
          since: Type.String({ format: 'date-time' }),
          code: Type.Optional(Type.String()),
          detail: Type.String(),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

/** The bodies that have a name in the API's description. */
export const schemas = {
  Status: statusSchema,
  Run: runAnswerSchema,
  Health: healthSchema,
  Readiness: readinessSchema,
  Explanation: explanationSchema,
  Phones: phoneListSchema,
  History: historySchema,
  LogPage: logPageSchema,
  ReadSettings: readSettingsSchema,
  Fleet: fleetSchema,
  Branch: fleetMemberSchema,
  BranchCalled: branchCalledSchema,
  Updates: updateListSchema,
  DraftLook: draftLookSchema,
  RollBack: rollBackSchema,
  ...scanSchemas,
  Alarms: alarmListSchema,
  AlarmTest: alarmTestSchema,
  AlarmMute: alarmMuteSchema,
  Problem: problemSchema,
};

export interface Answer {
  readonly description: string;
  readonly type: string;
  /** Name in `schemas`; undefined = any text. */
  readonly schema?: keyof typeof schemas;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With Fastify's `:name` for a parameter. */
  readonly url: string;
  readonly summary: string;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Needs the ApiToken. */
  readonly secured?: true;
  readonly params?: object;
  readonly querystring?: object;
  readonly headers?: object;
}

const whatSchema = Type.Object({
  what: Type.Optional(
    Type.Enum([...syncJobs], { description: 'Nothing = all that this server has' }),
  ),
});
const questionSchema = Type.Object({
  ip: Type.String({ maxLength: 64, description: 'Address of the telephone' }),
  file: Type.String({ maxLength: 1_024, description: 'Name that it asks for' }),
  server: Type.Optional(
    Type.Enum(Object.keys(explainableServers), { description: 'Nothing = the first in use' }),
  ),
  mac: Type.Optional(Type.String({ maxLength: 32, description: 'Its MAC address' })),
  model: Type.Optional(Type.String({ maxLength: 32, description: 'Its model, such as J179' })),
  group: Type.Optional(Type.String({ maxLength: 3, description: 'Its GROUP, 0 to 999' })),
  variable: Type.Optional(
    Type.Array(Type.String({ maxLength: 300 }), {
      maxItems: 32,
      description: 'Further variables of its scripts, NAME=VALUE',
    }),
  ),
});
const pageSchema = Type.Object({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: maxPhonesPerPage, description: 'Nothing = 50' }),
  ),
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Telephones to leave out' }),
  ),
});
const runParams = Type.Object({ run: Type.String({ maxLength: 100 }) });

/** Everything the status port answers: the server registers these, the API's description is made from them. */
export const routes = {
  page: {
    method: 'GET',
    url: '/',
    summary: 'The status page',
    answers: { 200: { description: 'The page', type: 'text/html' } },
  },
  asset: {
    method: 'GET',
    url: '/assets/:hash/:name',
    summary: 'A file of the status page; its address changes with its content',
    params: Type.Object({
      hash: Type.String({ maxLength: 64 }),
      name: Type.String({ maxLength: 64 }),
    }),
    answers: {
      200: { description: 'The file', type: 'text/css' },
      404: problemAnswer('No such file'),
    },
  },
  healthz: {
    method: 'GET',
    url: '/healthz',
    summary: 'The process answers',
    answers: { 200: { description: 'It does', type: json, schema: 'Health' } },
  },
  readyz: {
    method: 'GET',
    url: '/readyz',
    summary: 'Every enabled port is bound, the journal is open and the last sync is not too old',
    answers: {
      200: { description: 'Ready', type: json, schema: 'Readiness' },
      503: { description: 'Not ready, with the reasons', type: json, schema: 'Readiness' },
    },
  },
  metrics: {
    method: 'GET',
    url: '/metrics',
    summary: 'Prometheus text format, see docs/reference/metrics.md',
    answers: { 200: { description: 'The metrics', type: 'text/plain' } },
  },
  status: {
    method: 'GET',
    url: '/api/v1/status',
    summary: 'All that the status page shows',
    answers: { 200: { description: 'The status', type: json, schema: 'Status' } },
  },
  phones: {
    method: 'GET',
    url: '/api/v1/phones',
    summary: 'The telephones that were seen, those seen last first, and what each claims or proved',
    querystring: pageSchema,
    answers: {
      200: { description: 'One page of them', type: json, schema: 'Phones' },
      400: problemAnswer('limit or offset is out of bounds'),
      404: problemAnswer('This server keeps no list of telephones'),
    },
  },
  ...historyRoutes,
  ...logRoutes,
  ...settingsRoutes,
  ...fleetApi,
  startSync: {
    method: 'POST',
    url: '/api/v1/sync',
    summary: 'Sync now; while a run is on, the same request returns that run',
    secured: true,
    querystring: whatSchema,
    answers: {
      202: { description: 'The run', type: json, schema: 'Run' },
      400: problemAnswer('No such job'),
      401: problemAnswer('The ApiToken is missing or wrong'),
      404: problemAnswer('This server has no hub to sync with'),
    },
  },
  run: {
    method: 'GET',
    url: '/api/v1/sync/:run',
    summary: 'How far a run is, file by file',
    params: runParams,
    answers: {
      200: { description: 'The run', type: json, schema: 'Run' },
      404: problemAnswer('No such run, or one of long ago'),
    },
  },
  explain: {
    method: 'GET',
    url: '/api/v1/explain',
    summary:
      'What a telephone would get for a file, and why: access list, file, and the lines of scripts that count for it',
    secured: true,
    querystring: questionSchema,
    answers: {
      200: { description: 'The explanation', type: json, schema: 'Explanation' },
      400: problemAnswer('The question cannot be understood'),
      401: problemAnswer('The ApiToken is missing or wrong'),
      503: problemAnswer('Too many questions at once'),
    },
  },
  ...scanRoutes,
  ...alarmRoutes,
  events: {
    method: 'GET',
    url: '/api/v1/events',
    summary:
      'Server-sent events: `run` with the files that changed since the event before it, `gap` when events were missed. Send Last-Event-ID to go on',
    headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 64 })) }),
    answers: {
      200: { description: 'Events', type: 'text/event-stream' },
      503: problemAnswer('Too many clients follow the events'),
    },
  },
  ...updateRoutes,
  openapi: {
    method: 'GET',
    url: '/api/v1/openapi',
    summary: 'This description',
    answers: { 200: { description: 'OpenAPI 3.1', type: json } },
  },
} as const satisfies Record<string, Route>;
