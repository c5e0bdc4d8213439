import type { AlarmMessage } from './alarm-message.ts';
import { cutUtf8 } from './cut-utf8.ts';

/** RFC 5424, section 6.2.1. */
export const facilities = {
  user: 1,
  daemon: 3,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;
export type Facility = keyof typeof facilities;

const severities = { critical: 2, warning: 4, notice: 5, info: 6 } as const;

/** The number that IANA gives to examples (RFC 5612): this project has none of its own. */
const enterprise = 32473;

/** RFC 5426, section 3.2, and RFC 5424, section 6.1: what every receiver takes. */
export const maxLineBytes = { udp: 1_400, stream: 8_192 } as const;

/** One message in the format of RFC 5424, at most `maxBytes` long; what is too long loses its end. */
export function syslogLine(message: AlarmMessage, facility: Facility, maxBytes: number): Buffer {
  const { id, event, at, server, severity, condition, text, alarms, more, dropped } = message;
  const level = event === 'cleared' ? severities.notice : severities[severity];
  const priority = facilities[facility] * 8 + level;
  const only = alarms.length === 1 ? alarms[0] : undefined;
  const parameters: readonly (readonly string[])[] = [
    ['id', id],
    ['server', server],
    ...(condition === null ? [] : [['condition', condition]]),
    ...(only === undefined ? [] : [['alarm', `${only.id}`]]),
    ...(only === undefined || only.about === '' ? [] : [['about', only.about]]),
    ...(only?.code === null || only === undefined ? [] : [['code', only.code]]),
    ...(alarms.length > 1 ? [['alarms', `${alarms.length + more}`]] : []),
    ...(dropped > 0 ? [['dropped', `${dropped}`]] : []),
  ];
  const data = parameters.map(([name = '', value = '']) => ` ${name}="${escaped(value)}"`).join('');
  const head = `<${priority}>1 ${at} ${printable(server, 255)} branchline ${process.pid} ${event}`;
  // U+FEFF: the text is UTF-8 (section 6.4).
  const line = `${head} [branchline@${enterprise}${data}] \ufeff${oneLine(text)}`;
  return cutUtf8(line, maxBytes);
}

/** Section 6.3.3. */
const escaped = (value: string): string =>
  oneLine(value).replace(/["\\\]]/g, (letter) => `\\${letter}`);

/** Receivers that take apart by line must not see two messages. */
const oneLine = (value: string): string => value.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');

const printable = (value: string, maxLength: number): string =>
  value.replace(/[^\x21-\x7e]/g, '-').slice(0, maxLength) || '-';
