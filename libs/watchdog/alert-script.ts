import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { ifThere } from '#libs/files';
import type { Logger } from '#libs/observe';
import { commandOf, passedOn } from './script-command.ts';
import { readLines } from './script-lines.ts';

export interface AlertScriptOptions {
  /** undefined = there is none. */
  readonly file: string | undefined;
  /** Milliseconds that it may take. */
  readonly limitMs: number;
  readonly log: Logger;
}

/** What became of one run. */
export interface ScriptEnd {
  readonly outcome: 'done' | 'failed' | 'no script';
  /** For people. */
  readonly sentence: string;
}

const windows = process.platform === 'win32';
const maxLines = 200;
const maxLine = 500;
const maxFact = 1_000;
const killMs = 2_000;

/**
 * The operator's program for the moment at which a server has failed (Guide p. 35). It is told the facts in its
 * environment and never by a shell's command line.
 */
export class AlertScript {
  readonly #options: AlertScriptOptions;
  #running: Promise<ScriptEnd> | undefined;

  constructor(options: AlertScriptOptions) {
    this.#options = options;
  }

  get file(): string | undefined {
    return this.#options.file;
  }

  /** Run it to its end, or to the end of its time. Never rejects, never two at a time: the second waits for the first. */
  async run(facts: Readonly<Record<string, string>>): Promise<ScriptEnd> {
    while (this.#running !== undefined) await this.#running;
    this.#running = this.#run(facts).finally(() => {
      this.#running = undefined;
    });
    return await this.#running;
  }

  async #run(facts: Readonly<Record<string, string>>): Promise<ScriptEnd> {
    const { file, log } = this.#options;
    if (file === undefined) {
      return { outcome: 'no script', sentence: 'There is no alert script: nothing was done.' };
    }
    try {
      await requireProgram(file);
      await this.#execute(file, facts);
      return { outcome: 'done', sentence: `${path.basename(file)} was run.` };
    } catch (error) {
      log.error({ err: error, code: 'ALERT_SCRIPT_FAILED', script: file }, 'alert script failed');
      const why = error instanceof Error ? error.message : String(error);
      return { outcome: 'failed', sentence: `The alert script failed: ${why}.` };
    }
  }

  async #execute(file: string, facts: Readonly<Record<string, string>>): Promise<void> {
    const { limitMs, log } = this.#options;
    const how = commandOf(file);
    if (typeof how === 'string') throw failed(`${file} cannot be run: ${how}`);
    const child = spawn(how.command, how.args, {
      cwd: path.dirname(file),
      env: environment(facts),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: what it has started ends with it. Windows would open a window, and has no groups.
      detached: !windows,
      windowsHide: true,
      windowsVerbatimArguments: how.verbatim,
    });
    const told = this.#tell(child, log);
    const late = AbortSignal.timeout(limitMs);
    const end = (): void => {
      endGroup(child);
    };
    late.addEventListener('abort', end, { once: true });
    try {
      await once(child, 'spawn');
      const [code, signal] = await ended(child);
      if (late.aborted) throw failed(`it took longer than ${limitMs / 1_000} s and was killed`);
      if (code !== 0) throw failed(`it ended with ${signal ?? `exit code ${String(code)}`}`);
    } finally {
      late.removeEventListener('abort', end);
      told();
    }
  }

  /** What it says goes to the log, line by line. */
  #tell(child: ChildProcess, log: Logger): () => void {
    let lines = 0;
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
    for (const stream of streams) {
      readLines(stream, maxLine, (line) => {
        lines += 1;
        if (lines <= maxLines) log.info({ line }, 'alert script');
      });
    }
    return () => {
      for (const stream of streams) stream.destroy();
      if (lines > maxLines) log.info({ lines: lines - maxLines }, 'alert script said more');
    };
  }
}

async function ended(child: ChildProcess): Promise<readonly [number | null, string | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  // What it said last is read; what it left running is not waited for.
  await Promise.race([
    child.stdout?.readableEnded === true ? undefined : once(child, 'close'),
    new Promise((resolve) => setTimeout(resolve, 200)),
  ]);
  return [child.exitCode, child.signalCode];
}

function endGroup(child: ChildProcess): void {
  if (windows) {
    execFile('taskkill', ['/pid', String(child.pid), '/t', '/f'], () => undefined);
    return;
  }
  const send = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      child.kill(signal);
    }
  };
  send('SIGTERM');
  setTimeout(send, killMs, 'SIGKILL').unref();
}

/** @throws BranchlineError ALERT_SCRIPT_FAILED for what must not, or cannot, be run. */
async function requireProgram(file: string): Promise<void> {
  const stats = await ifThere(stat(file));
  if (stats === undefined) throw failed(`${file} is not there`);
  if (!stats.isFile()) throw failed(`${file} is no file`);
  // On Windows the rights of the folder say who may write it, and there is no mark for programs.
  if (windows) return;
  if ((stats.mode & 0o002) !== 0) {
    throw failed(`${file} may be written by everybody, so nobody knows what it does: chmod o-w it`);
  }
  await access(file, constants.X_OK).catch((cause: unknown) => {
    throw failed(`${file} is not executable: chmod +x it`, cause);
  });
  if (/^#![^\n]*\r\n/.test(await firstBytes(file))) {
    throw failed(
      `${file} has the line ends of Windows, with which no system finds its interpreter`,
    );
  }
}

async function firstBytes(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

const failed = (why: string, cause?: unknown): BranchlineError =>
  new BranchlineError('ALERT_SCRIPT_FAILED', why, { cause });

function environment(facts: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = passedOn().flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const told = Object.entries(facts).map(([name, value]) => [
    `WATCHDOG_${name}`,
    value.replace(/\p{Cc}+/gu, ' ').slice(0, maxFact),
  ]);
  return Object.fromEntries([...own, ...told]) as Record<string, string>;
}
