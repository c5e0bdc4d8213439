/** As pino names them, the least first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One line of the log, taken apart. Whoever may be named in it chose the words: it is text, never markup. */
export interface LogLine {
  /** As it stands in the line: ISO 8601. */
  readonly time: string;
  readonly level: LogLevel;
  /** Part of the server; empty for the server itself. */
  readonly service: string;
  /** The event. */
  readonly msg: string;
  /** Its facts as JSON, without the braces' worth of what stands above; empty when there are none. */
  readonly facts: string;
}

/** Which lines are wanted. */
export interface LogFilter {
  /** This one and all above. */
  readonly level?: LogLevel | undefined;
  readonly service?: string | undefined;
  /** Anywhere in the line, in any letter case. */
  readonly text?: string | undefined;
}

const maxLine = 16_384;
const maxShown = 4_000;

/** undefined for what is no line of this server's log. */
export function parseLogLine(line: string): LogLine | undefined {
  if (line.length > maxLine) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { time, level, service, msg, ...facts }: Record<string, unknown> = { ...value };
  const known = logLevels.find((name) => name === level);
  if (known === undefined || typeof time !== 'string') return undefined;
  return {
    time: time.slice(0, 40),
    level: known,
    service: typeof service === 'string' ? service.slice(0, 60) : '',
    msg: typeof msg === 'string' ? msg.slice(0, 500) : '',
    facts: Object.keys(facts).length === 0 ? '' : JSON.stringify(facts).slice(0, maxShown),
  };
}

export function isWanted(line: LogLine, { level, service, text = '' }: LogFilter): boolean {
  if (level !== undefined && logLevels.indexOf(line.level) < logLevels.indexOf(level)) return false;
  if (service !== undefined && service !== line.service) return false;
  if (text === '') return true;
  const said = `${line.service} ${line.msg} ${line.facts}`.toLowerCase();
  return said.includes(text.toLowerCase());
}
