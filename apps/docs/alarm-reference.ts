import {
  alarmMessageSchema,
  conditionNames,
  conditions,
  MessageWriter,
  syslogLine,
  type AlarmMessage,
  type Condition,
} from '#libs/alarms';
import { duration } from '#libs/pages';
import { alignedTable } from './aligned-table.ts';

const intro = `# Alarms

<!-- Written by \`npm run docs\` from libs/alarms; a test holds that it is current. -->

What the server looks for every 15 seconds, and what it sends to whom. How to set it up: [how-to/alarms.md](../how-to/alarms.md).

- An alarm is about one condition and one thing: a branch, a disk, a certificate, or the server itself. It is raised once and ends once. It
  has to last before it is raised, and to be gone for a while before it is over; within the margin between the two columns nothing changes.
- It is kept in the database: a restart neither raises it again nor forgets to end it.
- Of each condition at most one message a minute is sent, with everything that has changed; what comes and goes between two is not told.
- Each receiver has a queue of its own on the disk, at most 1,000 messages long: in order, each until it is acknowledged, tried again after 5
  seconds to 5 minutes. What is acknowledged is not sent again; only a crash between the acknowledgement and its record can send a message
  twice, with the same \`id\`. Beyond the bound the oldest are dropped, and a message that is refused eight times; the next message says how many.
- \`branchline_alarms_active{condition}\` in \`/metrics\` counts them; \`GET /api/v1/alarms\` and \`branchline alarms list\` name them.

## Conditions

`;

const columns = ['condition', 'severity', 'raised when', 'for', 'over when', 'for'];

const rows = conditionNames.map((name): string[] => {
  const { severity, raised, over, raiseS, clearS }: Condition = conditions[name];
  const lasting = (seconds: number): string => (seconds === 0 ? 'at once' : duration(seconds));
  return [`\`${name}\``, severity, raised, lasting(raiseS), over, lasting(clearS)];
});

/** The same for ever: the page is written again by every build. */
const example = (): AlarmMessage => ({
  ...new MessageWriter('files.example').changed(
    'branch-overdue',
    'raised',
    [
      {
        ...{ id: 12, condition: 'branch-overdue', about: 'lisbon', severity: 'critical' },
        what: 'lisbon has not asked for updates since 14:02 (10 min).',
        advice: 'Check the link to lisbon and that the server there runs.',
        ...{ code: 'PEER_UNREACHABLE', since: Date.UTC(2026, 10, 26, 14, 7) },
        ...{ raisedAt: Date.UTC(2026, 10, 26, 14, 12), raiseToldAt: undefined },
        ...{ clearedAt: undefined, clearToldAt: undefined },
      },
    ],
    Date.UTC(2026, 10, 26, 14, 12),
  ),
  id: '6c07a9f8-b17c-4c82-bafe-ad99c77abb89',
});

/** Keys of the JSON and what they mean. */
const keyRows = (properties: object, before = ''): string[][] =>
  Object.entries(properties).flatMap(([key, schema]: [string, object]) =>
    'description' in schema ? [[`\`${before}${key}\``, String(schema.description)]] : [],
  );

/** docs/reference/alarms.md, as Prettier would format it. */
export function alarmReference(): string {
  const message = example();
  const line = syslogLine(message, 'local0', 1_400)
    .toString()
    .replace(` ${process.pid} `, ' 4711 ');
  return [
    intro + alignedTable(columns, rows).join('\n'),
    '',
    '## Webhook',
    '',
    'A POST of this JSON to `WebhookURL`. Taken is what is answered with 2xx; 408, 425, 429 and 5xx are tried again, other answers are a refusal,',
    'redirects included. With `WebhookSecret` the header `Branchline-Signature: sha256=…` holds the HMAC with SHA-256 of the body, in hexadecimal.',
    '',
    '```json',
    JSON.stringify(message, undefined, 2),
    '```',
    '',
    ...alignedTable(
      ['key', 'meaning'],
      [
        ...keyRows(alarmMessageSchema.properties),
        ...keyRows(alarmMessageSchema.properties.alarms.items.properties, 'alarms[].'),
      ],
    ),
    '',
    '## Syslog',
    '',
    'RFC 5424 by UDP, or by TCP and TLS with octet counting. Severities: 2 critical, 4 warning, 5 over, 6 test and end of a mute. The enterprise',
    'number 32473 is the one for examples (RFC 5612): this project has none of its own.',
    '',
    '```text',
    line.replace('\ufeff', ''),
    '```',
    '',
    '## Mail',
    '',
    'Plain text in UTF-8 by SMTP; the subject is the same line with `CRITICAL:`, `WARNING:`, `OVER:`, `MUTE ENDED:` or `TEST:` in front. `Auto-Submitted:',
    'auto-generated` keeps absence notes away.',
    '',
    '## SNMP',
    '',
    'Notifications by trap or inform, v2c or v3: [BRANCHLINE-MIB](../../packaging/BRANCHLINE-MIB.txt). With v3 and traps the engine ID is made from',
    '`ServerName`; `branchline alarms test trap` says it.',
    '',
    '## Watchdog',
    '',
    'The watchdog leaves `watchdog-fired.json` in `StateDir`: `{"firedAt": "2026-11-26T14:02:00.000Z", "reason": "…", "action": "…"}`, two sentences for',
    'people. The server raises the alarm at its next look, or its next start.',
    '',
  ].join('\n');
}
