import { expect, it } from 'vitest';
import { Health } from '#libs/observe';

function healthAt(start: number): { health: Health; pass: (ms: number) => void } {
  let time = start;
  return { health: new Health(() => time), pass: (ms) => void (time += ms) };
}

it('is ready when every required part has reported and none has failed', () => {
  const { health } = healthAt(0);
  health.require('tftp :69');
  expect(health.ready()).toMatchObject({ ready: false, reasons: [expect.stringContaining(':69')] });

  health.set('tftp :69', 'ok');
  expect(health.ready()).toEqual({ ready: true, reasons: [] });

  health.set('tftp :69', 'warning', 'slow');
  expect(health.ready().ready).toBe(true);

  health.set('tftp :69', 'failed', 'port 69 is taken', 'LISTEN_FAILED');
  expect(health.ready().reasons).toEqual(['tftp :69: port 69 is taken']);
});

it('does not let a part that is not required keep the server from being ready', () => {
  const { health } = healthAt(0);
  health.set('log', 'failed', 'disk full');
  expect(health.ready().ready).toBe(true);
});

it('is not ready when the last success of a required part is too old', () => {
  const { health, pass } = healthAt(0);
  health.require('sync', { maxAgeMs: 3_000 });
  expect(health.ready().ready).toBe(false);
  health.set('sync', 'ok');
  pass(3_000);
  health.set('sync', 'warning', 'retrying');
  expect(health.ready().ready).toBe(true);
  pass(1);
  expect(health.ready().ready).toBe(false);
  health.set('sync', 'ok');
  expect(health.ready().ready).toBe(true);
});

it('remembers since when a part is as it is', () => {
  const { health, pass } = healthAt(100);
  health.set('journal', 'ok');
  pass(50);
  health.set('journal', 'ok');
  expect(health.get('journal')).toMatchObject({ since: 100, at: 150 });
  health.set('journal', 'failed', 'cannot write', 'JOURNAL_UNUSABLE');
  expect(health.get('journal')).toMatchObject({ since: 150, code: 'JOURNAL_UNUSABLE' });
});

it('reports the worst first, forgets what is switched off, and stays bounded', () => {
  const { health } = healthAt(0);
  health.set('a', 'ok');
  health.set('b', 'failed');
  health.set('c', 'warning');
  expect(health.report().map(({ part }) => part)).toEqual(['b', 'c', 'a']);
  health.require('b');
  health.remove('b');
  expect(health.ready().ready).toBe(true);
  for (let n = 0; n < 2_000; n += 1) health.set(`part ${n}`, 'ok');
  expect(health.report().length).toBeLessThanOrEqual(1_000);
});

it('counts a success before this process until there is one of its own', () => {
  const { health, pass } = healthAt(10_000);
  health.require('sync', { maxAgeMs: 3_000, lastOkAt: 9_000 });
  expect(health.ready().ready).toBe(true);
  health.set('sync', 'warning', 'the hub does not answer');
  pass(2_000);
  expect(health.ready().ready).toBe(true);
  pass(1);
  expect(health.ready().ready).toBe(false);
  health.set('sync', 'ok');
  pass(3_000);
  expect(health.ready().ready).toBe(true);
});
