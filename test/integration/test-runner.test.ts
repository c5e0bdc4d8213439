import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';

const config = 'test/fixtures/runner/vitest.config.ts';

/** `npm test` as CI runs it, on the cases of test/fixtures/runner. */
function npmTest(...args: string[]): ReturnType<typeof start> {
  return start(['-C', 'source', 'test/setup/run-tests.ts', '--config', config, ...args]);
}

function start(args: string[]) {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, BRANCHLINE_INSTALL_CLIENTS: 'no', NO_COLOR: '1' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  const started = Promise.withResolvers<undefined>();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.includes('started')) started.resolve(undefined);
  });
  const ended = once(child, 'close').then(([status]: unknown[]) => ({
    status,
    lines: text.trimEnd().split('\n').slice(-2),
  }));
  return { child, ended, started: started.promise };
}

it('ends a good run with status 0 and names what was skipped', async () => {
  expect(await npmTest('good.case').ended).toEqual({
    status: 0,
    lines: [
      'skipped for other reasons: no IPv6 here: 1, not told: 1',
      '1 passed, 0 failed, 2 skipped',
    ],
  });
});

it.each([
  ['red.case', '1 passed, 1 failed, 0 skipped'],
  ['broken.case', '0 passed, 1 failed, 0 skipped'],
  ['unhandled.case', '1 passed, 1 failed, 0 skipped'],
  ['dies.case', '0 passed, 1 failed, 0 skipped'],
  ['no-such.case', '0 passed, 0 failed, 0 skipped'],
])('ends %s with "%s" and a failure', async (name, line) => {
  const { status, lines } = await npmTest(name, '--passWithNoTests').ended;
  expect(lines.at(-1)).toBe(line);
  expect(status).not.toBe(0);
});

it('is no good run when every test was skipped', async () => {
  const { status, lines } = await npmTest('good.case', '-t', 'was skipped').ended;
  expect(lines.at(-1)).toMatch(/^0 passed, 0 failed, \d skipped$/);
  expect(status).toBe(1);
});

it('hands a signal on, and still ends with its line', async () => {
  const { child, ended, started } = npmTest('slow.case');
  await started;
  child.kill('SIGTERM');
  const { status, lines } = await ended;
  expect(lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
  expect(status).not.toBe(0);
});
