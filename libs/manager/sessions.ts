import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '#libs/lifecycle';

/** Without a request. */
const idleMs = 3_600_000;
/** However busy. */
const lifeMs = 12 * 3_600_000;
/** The one that was idle longest goes for a new one. */
const maxSessions = 200;

/** One browser that has signed in. */
export interface Session {
  readonly account: string;
  /** Stands in every form and comes back with it. */
  readonly csrf: string;
  readonly startedAt: number;
  /** Shown on the next page, then gone. */
  message?: string | undefined;
}

interface Kept {
  readonly session: Session;
  seenAt: number;
}

/** Who is signed in: in memory only, under the hash of what the cookie holds. */
export class Sessions {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Begin one under a new secret: what a browser came with is never taken over. */
  begin(account: string): { readonly secret: string; readonly session: Session } {
    const secret = randomBytes(32).toString('base64url');
    const now = this.#clock.now();
    const csrf = randomBytes(24).toString('base64url');
    const session: Session = { account, csrf, startedAt: now };
    this.#kept.set(keyOf(secret), { session, seenAt: now });
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= maxSessions) break;
      this.#kept.delete(key);
    }
    return { secret, session };
  }

  /** The session of a cookie, while it lasts; `byPerson`: this request makes it last. */
  of(secret: string | undefined, byPerson = true): Session | undefined {
    if (secret === undefined) return undefined;
    const key = keyOf(secret);
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    const now = this.#clock.now();
    const since = now - kept.session.startedAt;
    if (now - kept.seenAt >= idleMs || since >= lifeMs || since < 0) {
      this.#kept.delete(key);
      return undefined;
    }
    if (!byPerson) return kept.session;
    kept.seenAt = now;
    // The order of the map is that of their last requests.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.session;
  }

  end(secret: string | undefined): void {
    if (secret !== undefined) this.#kept.delete(keyOf(secret));
  }

  /** All of an account but one: its password has changed, or it is gone. */
  endOthers(account: string, but?: Session): void {
    for (const [key, { session }] of this.#kept) {
      if (session.account === account && session !== but) this.#kept.delete(key);
    }
  }
}

const keyOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

export function csrfFits({ csrf }: Session, given: unknown): boolean {
  if (typeof given !== 'string') return false;
  const [known, shown] = [Buffer.from(csrf), Buffer.from(given)];
  return known.length === shown.length && timingSafeEqual(known, shown);
}
