import { pino, type DestinationStream, type LevelWithSilent, type Logger } from 'pino';
import { GatheredLines } from './gathered-lines.ts';
import { KeptLines } from './kept-lines.ts';
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
  /** The last lines, for the log page. */
  readonly lines: KeptLines;
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
  const last = new KeptLines();
  const gathered = new GatheredLines((lines) => {
    out?.write(lines.join(''));
    for (const line of lines) {
      kept?.write(line);
      last.write(line);
    }
  });
  // A crash ends here as well: what led to it is told.
  const onExit = (): void => {
    gathered.pass();
    kept?.flushNow();
    if (out !== undefined) flushNow(out);
  };
  process.on('exit', onExit);
  return {
    log: loggerInto(options.level, gathered),
    lines: last,
    trouble: () => kept?.trouble,
    reopen: async () => {
      gathered.pass();
      await kept?.reopen();
    },
    async close() {
      gathered.pass();
      process.off('exit', onExit);
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

function flushNow(out: ReturnType<typeof pino.destination>): void {
  try {
    out.flushSync();
  } catch {
    // Nobody reads any more.
  }
}

const boundSecrets = secretNames.flatMap((name) =>
  [name, name.toLowerCase(), `${name.charAt(0).toUpperCase()}${name.slice(1)}`].map(
    (spelling) => `["${spelling}"]`,
  ),
);

let lastMs = 0;
let lastTime = '';

/** As pino's own, put together once for all lines of one millisecond. */
function isoTime(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastTime = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastTime;
}

/** A logger into any stream, with the same shape of line and the same redaction. */
export function loggerInto(level: LevelWithSilent, stream: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      // `formatters.log` does not see what a child logger is bound to; these paths do.
      redact: { paths: boundSecrets, censor: censored },
      timestamp: isoTime,
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
