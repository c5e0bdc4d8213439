import { pino, type DestinationStream, type LevelWithSilent, type Logger } from 'pino';
import { censored, redact, secretNames } from './redact.ts';
import { RotatingFile, type LogTrouble } from './rotating-file.ts';

export type { Logger } from 'pino';

export interface LogOptions {
  /** error: someone must act; warn: it healed or will be retried; info: one line per transfer and run; debug: `DetailedLog=1`. */
  readonly level: LevelWithSilent;
  /** JSON lines to stdout, for journald and containers. */
  readonly stdout: boolean;
  /** Guide key `LogFile`; undefined = no file. */
  readonly file?: string | undefined;
  /** Bytes per file. */
  readonly maxBytes: number;
  /** How many older files to keep beside `file`. */
  readonly files: number;
}

/** A logger and the outputs behind it. */
export interface OpenLog {
  /** Give each part its own: `log.child({ service: 'tftp' })`. */
  readonly log: Logger;
  /** What keeps the log file from being written, if anything does. */
  trouble(): LogTrouble | undefined;
  /** Let go of the log file: the next line opens it by its name, which somebody may have moved. */
  reopen(): Promise<void>;
  /** Write what is queued; the last thing a program does. */
  close(): Promise<void>;
}

/** Bytes that wait for a reader of stdout before lines are dropped. */
const maxStdoutBytes = 4 * 1024 * 1024;

/**
 * Open the log: JSON lines with an event and its facts, to stdout and to a size-limited set of files.
 * Secrets are replaced wherever they stand in the facts. Never throws for what the disk or the pipe does.
 */
export function createLogger(options: LogOptions): OpenLog {
  const out = options.stdout
    ? pino.destination({ dest: 1, sync: false, maxLength: maxStdoutBytes })
    : undefined;
  const { file, maxBytes, files } = options;
  const kept = file === undefined ? undefined : new RotatingFile({ file, maxBytes, files });
  const log = loggerInto(options.level, {
    write(line) {
      out?.write(line);
      kept?.write(line);
    },
  });
  return {
    log,
    trouble: () => kept?.trouble,
    reopen: async () => {
      await kept?.reopen();
    },
    async close() {
      await kept?.close();
      if (out === undefined) return;
      await new Promise<void>((resolve) => {
        out.flush(() => {
          resolve();
        });
      });
    },
  };
}

const boundSecrets = secretNames.flatMap((name) =>
  [name, name.toLowerCase(), `${name.charAt(0).toUpperCase()}${name.slice(1)}`].map(
    (spelling) => `["${spelling}"]`,
  ),
);

/** A logger into any stream, with the same shape of line and the same redaction. */
export function loggerInto(level: LevelWithSilent, stream: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      // `formatters.log` does not see what a child logger is bound to; these paths do.
      redact: { paths: boundSecrets, censor: censored },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (facts) => redact(facts),
      },
    },
    stream,
  );
}

/** For tests and for parts run without a log. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
