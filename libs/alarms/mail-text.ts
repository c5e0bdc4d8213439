import { plainLine, type AlarmMessage } from './alarm-message.ts';

const maxSubject = 200;

const words = {
  raised: { critical: 'CRITICAL', warning: 'WARNING', info: 'INFO' },
  cleared: { critical: 'OVER', warning: 'OVER', info: 'OVER' },
  'mute-ended': { critical: 'MUTE ENDED', warning: 'MUTE ENDED', info: 'MUTE ENDED' },
  test: { critical: 'TEST', warning: 'TEST', info: 'TEST' },
} as const;

export const subjectOf = ({ event, severity, server, text }: AlarmMessage): string =>
  plainLine(`${words[event][severity]}: ${text} [${server}]`, maxSubject);

/** The body, for people: what, since when, what to do. */
export function mailText({ text, at, server, alarms, more, dropped, id }: AlarmMessage): string {
  const parts = alarms.map((alarm) =>
    [
      alarm.what,
      ...(alarm.advice === '' ? [] : [`What to do: ${alarm.advice}`]),
      `Since ${alarm.since}${alarm.clearedAt === null ? '' : `, over at ${alarm.clearedAt}`}${alarm.code === null ? '' : ` (${alarm.code})`}`,
    ]
      .map((line) => plainLine(line, 1_000))
      .join('\n'),
  );
  return [
    plainLine(text, 1_000),
    ...parts,
    ...(more > 0 ? [`… and ${more} more.`] : []),
    ...(dropped > 0 ? [`${dropped} earlier messages to you had to be dropped.`] : []),
    `-- \n${server}, ${at}, message ${id}`,
  ].join('\n\n');
}
