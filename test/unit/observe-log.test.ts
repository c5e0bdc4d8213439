import { expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { loggerInto, type Logger } from '#libs/observe';

function memoryLog(): { log: Logger; lines: string[]; last: () => unknown } {
  const lines: string[] = [];
  const log = loggerInto('debug', { write: (line) => void lines.push(line) });
  return { log, lines, last: (): unknown => JSON.parse(lines.at(-1) ?? '') };
}

it('writes an event and its facts as one line of JSON', () => {
  const { log, lines, last } = memoryLog();
  log.child({ service: 'tftp' }).info({ file: 'a\nb.bin', bytes: 7 }, 'file sent');

  expect(lines).toHaveLength(1);
  expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
  expect(last()).toMatchObject({
    level: 'info',
    service: 'tftp',
    file: 'a\nb.bin',
    bytes: 7,
    msg: 'file sent',
  });
  expect(last()).toHaveProperty('time', expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/));
});

it.each([
  'SUPassword',
  'CustomFTPPwd',
  'ApiToken',
  'ProxyPassword',
  'authorization',
  'Authorization',
  'token',
  'joinString',
])('never writes the value of %s, however deep it lies', (key) => {
  const { log, lines } = memoryLog();
  log.info({ [key]: 's3cret' }, 'flat');
  log.info({ request: { headers: [{ [key]: 's3cret' }] } }, 'deep');
  log.child({ [key]: 's3cret' }).info('bound');
  log.info({ a: { b: { c: { d: { e: { f: { [key]: 's3cret' } } } } } } }, 'too deep');

  expect(lines).toHaveLength(4);
  expect(lines.join('')).not.toContain('s3cret');
  expect(lines.join('')).toContain(key);
});

it('keeps the facts that are not secret, and the caller’s object', () => {
  const { log, last } = memoryLog();
  const facts = { token: 'x', peer: { name: 'lisbon', token: 'y' } };
  log.info(facts, 'joined');

  expect(last()).toMatchObject({ token: '[secret]', peer: { name: 'lisbon', token: '[secret]' } });
  expect(facts).toEqual({ token: 'x', peer: { name: 'lisbon', token: 'y' } });
});

it('writes the code and the cause of an error', () => {
  const { log, last } = memoryLog();
  const cause = new Error('connect ECONNREFUSED');
  log.error(
    { err: new BranchlineError('PEER_UNREACHABLE', 'no answer', { cause }) },
    'sync failed',
  );

  expect(last()).toMatchObject({ level: 'error', err: { code: 'PEER_UNREACHABLE' } });
  expect(last()).toHaveProperty('err.stack', expect.stringContaining('ECONNREFUSED'));
});
