import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';

/** Run a program that logs `lines` lines to stdout and to `file`, and ends as `ending` says. */
function logger(file: string, lines: number, ending = closed): ReturnType<typeof spawn> {
  const program = `
    import { createLogger } from '#libs/observe';
    const log = createLogger({ level: 'info', stdout: true, file: ${JSON.stringify(file)}, maxBytes: 1e6, files: 3 });
    for (let n = 0; n < ${lines}; n += 1) log.log.info({ n }, 'line');
    ${ending}
  `;
  return spawn(
    process.execPath,
    ['-C', 'source', '--input-type=module-typescript', '-e', program],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

const closed = `await log.close(); process.stderr.write('closed');`;

async function tempFile(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'branchline-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return path.join(folder, 'log');
}

it('has written every line to stdout and to the file once it is closed', async () => {
  const file = await tempFile();
  const child = logger(file, 5_000);
  if (!child.stdout) throw new Error('no stdout');
  const out = await text(child.stdout);

  const numbers = (json: string): number[] =>
    json
      .trim()
      .split('\n')
      .map((line) => {
        const parsed: unknown = JSON.parse(line);
        return typeof parsed === 'object' && parsed && 'n' in parsed ? Number(parsed.n) : -1;
      });
  const all = Array.from({ length: 5_000 }, (_, n) => n);
  expect(numbers(out)).toEqual(all);
  expect(numbers(await readFile(file, 'utf8'))).toEqual(all);
});

it('survives a reader of stdout that goes away', async () => {
  const file = await tempFile();
  const child = logger(file, 5_000);
  if (!child.stdout || !child.stderr) throw new Error('no pipes');
  child.stdout.destroy();
  const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);

  expect(said).toBe('closed');
  expect(child.exitCode).toBe(0);
  expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(5_000);
});

it.each([
  ['a crash', `throw new Error('crash')`],
  ['an exit', 'process.exit(1)'],
])('has written what led to %s', async (_, ending) => {
  const file = await tempFile();
  const child = logger(file, 100, ending);
  if (!child.stdout) throw new Error('no stdout');
  const out = await text(child.stdout);
  expect(out.trim().split('\n')).toHaveLength(100);
  expect(await readFile(file, 'utf8')).toBe(out);
});
