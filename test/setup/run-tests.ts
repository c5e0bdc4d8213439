/** `npm test`: bring the real clients, run every project, and end with one line that says what came of it. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, constants as os, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installClients } from './install-clients.ts';
import { Value } from 'typebox/value';
import { againLines, closingLine, isGood, tallySchema, skippedLines, type Tally } from './tally.ts';
import { tallyFile } from './tally-reporter.ts';

/** The whole set takes a quarter of an hour on two cores; what is still running after this hangs. */
const limitMs = 45 * 60_000;
const buildLimitMs = 120_000;

const run = promisify(execFile);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiled = path.join(root, 'node_modules/.cache/compiled');
const folder = mkdtempSync(path.join(tmpdir(), 'branchline-test-run-'));
process.once('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

say(`Node ${process.version} at ${process.execPath}`);
await installClients(say);
// Whole servers and commands run as they are installed: built once, and each starts in half of the time. A run that is
// itself a test finds the build made, and in use.
if (process.env['BRANCHLINE_DIST'] === undefined) {
  await run('npm', ['run', '--silent', 'build'], { cwd: root, timeout: buildLimitMs });
}
const target = path.join(folder, 'tally.json');
const status = await runVitest(process.argv.slice(2), target);
const result = readTally(target, status);
for (const line of [...againLines(result), ...skippedLines(result)]) say(line);
say(closingLine(result));
process.exitCode = status === 0 && !isGood(result) ? 1 : status;

/** Vitest's exit status, or 128 + the signal that ended it. */
async function runVitest(args: readonly string[], target: string): Promise<number> {
  const reporters = ['--reporter=default', '--reporter=./test/setup/tally-reporter.ts'];
  const workers = args.some((arg) => arg.startsWith('--maxWorkers'))
    ? []
    : [`--maxWorkers=${availableParallelism()}`];
  const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')));
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...workers, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: limitMs,
    // Compiled code is kept for the next of the hundreds of processes that a run starts.
    env: {
      NODE_COMPILE_CACHE: compiled,
      BRANCHLINE_DIST: '1',
      ...process.env,
      [tallyFile]: target,
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.once('error', reject);
  child.once('close', (code, signal) => {
    resolve(code ?? 128 + (signal === null ? 0 : os.signals[signal]));
  });
  return promise;
}

/** Without a tally vitest did not come to its end: that is one failure, whatever had passed until then. */
function readTally(file: string, status: number): Tally {
  try {
    return Value.Parse(tallySchema, JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    say(`vitest ended with status ${status} before it could count its tests`);
    return { passed: 0, failed: 1, skipped: 0, wanting: {}, again: [] };
  }
}
