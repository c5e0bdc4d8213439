import { expect, it } from 'vitest';
import { systemClock } from '#libs/lifecycle';
import { Sessions } from '#libs/manager';

const minuteMs = 60_000;

/** Sessions whose clock a test moves. */
function sessionsAt() {
  const time = { ahead: 0 };
  const sessions = new Sessions({ ...systemClock, now: () => systemClock.now() + time.ahead });
  return { sessions, time };
}

it('ends a session an hour after the last thing that a person did', () => {
  const { sessions, time } = sessionsAt();
  const { secret } = sessions.begin('ada');
  time.ahead = 59 * minuteMs;
  expect(sessions.of(secret)?.account).toBe('ada');
  time.ahead += 59 * minuteMs;
  // What a page fetches by itself is no sign of a person.
  expect(sessions.of(secret, false)?.account).toBe('ada');
  time.ahead += 2 * minuteMs;
  expect(sessions.of(secret, false)).toBeUndefined();
  expect(sessions.of(secret)).toBeUndefined();
});

it('ends a session after twelve hours however busy it is, and when the clock was set back', () => {
  const { sessions, time } = sessionsAt();
  const { secret } = sessions.begin('ada');
  for (time.ahead = 0; time.ahead < 12 * 60 * minuteMs - minuteMs; time.ahead += 30 * minuteMs) {
    expect(sessions.of(secret)).toBeDefined();
  }
  time.ahead = 12 * 60 * minuteMs + minuteMs;
  expect(sessions.of(secret)).toBeUndefined();
  const other = sessions.begin('ada').secret;
  time.ahead = 0;
  expect(sessions.of(other)).toBeUndefined();
});

it('keeps at most two hundred, and lets go of the one that was idle longest', () => {
  const { sessions } = sessionsAt();
  const secrets = Array.from({ length: 200 }, () => sessions.begin('ada').secret);
  expect(sessions.of(secrets[0])).toBeDefined();
  for (let n = 0; n < 100; n += 1) secrets.push(sessions.begin('bob').secret);
  expect(sessions.size).toBe(200);
  expect(sessions.of(secrets[0])).toBeDefined();
  expect(sessions.of(secrets[1])).toBeUndefined();
  expect(sessions.of(secrets.at(-1))).toBeDefined();
});

it('gives secrets and form tokens that nobody guesses, no two the same', () => {
  const { sessions } = sessionsAt();
  const made = Array.from({ length: 150 }, () => sessions.begin('ada'));
  const all = made.flatMap(({ secret, session }) => [secret, session.csrf]);
  expect(new Set(all).size).toBe(300);
  for (const text of all) expect(Buffer.from(text, 'base64url').length).toBeGreaterThanOrEqual(24);
});

it('ends the others of an account, whose password has changed', () => {
  const { sessions } = sessionsAt();
  const [own, other, bob] = [sessions.begin('ada'), sessions.begin('ada'), sessions.begin('bob')];
  sessions.endOthers('ada', own.session);
  expect(sessions.of(own.secret)).toBeDefined();
  expect(sessions.of(other.secret)).toBeUndefined();
  expect(sessions.of(bob.secret)).toBeDefined();
});
