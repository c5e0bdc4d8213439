import { Type, type Static } from 'typebox';
import { watchedProtocols } from './watched-server.ts';

const closed = { additionalProperties: false };
const count = (description: string) => Type.Integer({ minimum: 0, description });
const timeOrNull = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description });

const trouble = Type.Union([
  Type.Object(
    {
      code: Type.String({ description: 'See docs/errors.md' }),
      sentence: Type.String({ description: 'What, where, what to do' }),
    },
    closed,
  ),
  Type.Null(),
]);

const server = Type.Object(
  {
    name: Type.String({ description: 'For people, such as "TFTP"' }),
    protocol: Type.Enum([...watchedProtocols]),
    host: Type.String({ description: 'Where it is asked' }),
    port: count('Where it is asked'),
    missed: count('The count: at `limit` the script is run'),
    state: Type.Enum(['unknown', 'arrives', 'missed'], { description: 'Of the latest round' }),
    ms: count('Milliseconds of the latest request'),
    arrivedAt: timeOrNull('The latest round in which all files arrived'),
    trouble,
  },
  closed,
);

const alert = Type.Object(
  {
    at: Type.String({ format: 'date-time' }),
    servers: Type.Array(Type.String(), { description: 'PROTOCOL:PORT of those at the limit' }),
    reason: Type.String({ description: 'What was missed, for people' }),
    outcome: Type.Enum(['done', 'failed', 'no script']),
    sentence: Type.String({ description: 'What became of the script, for people' }),
  },
  closed,
);

/** What the watchdog knows: its page and its JSON. Holds no secret. */
export const watchdogStatusSchema = Type.Object(
  {
    name: Type.String({ description: 'Of the server that is watched' }),
    version: Type.String({ description: 'Of Branchline' }),
    startedAt: Type.String({ format: 'date-time' }),
    clock: Type.String({ format: 'date-time' }),
    everyS: count('Seconds from round to round'),
    limit: count('Missed files at which the script is run'),
    rounds: count('Since the start'),
    lastRoundAt: timeOrNull('End of the latest round'),
    sensedBy: Type.Enum(['status page', 'settings'], {
      description: 'How it was found out which servers run',
    }),
    trouble,
    servers: Type.Array(server),
    alertsSinceStart: count('How often the limit was reached'),
    script: Type.Union([Type.String(), Type.Null()], { description: 'What is run at the limit' }),
    alerts: Type.Array(alert, { description: 'The latest, newest first' }),
  },
  closed,
);

export type WatchdogStatus = Static<typeof watchdogStatusSchema>;
export type ServerCheck = WatchdogStatus['servers'][number];
export type Alert = WatchdogStatus['alerts'][number];
export type Trouble = WatchdogStatus['trouble'];
