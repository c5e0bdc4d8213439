import { isIPv6 } from 'node:net';
import { FailedTries } from '#libs/identity';
import type { Clock } from '#libs/lifecycle';

/**
 * right or wrong; or not looked at: `blocked` = too many wrong ones came from this address, `busy` = too many people,
 * or machines, try at this moment.
 */
export type Verdict = 'right' | 'wrong' | 'blocked' | 'busy';

export interface GateLimits {
  /** Over all addresses; the oldest are forgotten after ten minutes. */
  readonly failuresAtFullSpeed: number;
  /** Between two looks at passwords of strangers when there were more. */
  readonly pacedMs: number;
  /** Who wait in each lane. */
  readonly waiting: number;
}

const usual: GateLimits = { failuresAtFullSpeed: 100, pacedMs: 1_000, waiting: 30 };
const windowMs = 10 * 60_000;
const maxKnown = 1_000;

interface Lane {
  free: boolean;
  readonly waiting: (() => void)[];
}

/**
 * Before a password is looked at. One address gets ten tries, each slower; all strangers together get one look a second
 * once there were a hundred wrong ones. Where somebody has signed in before does not wait behind them: an attack from
 * elsewhere locks nobody out.
 */
export class SignInGate {
  readonly #clock: Clock;
  readonly #limits: GateLimits;
  readonly #tries: FailedTries;
  /** Networks from which a right password came, the latest last. */
  readonly #known = new Set<string>();
  readonly #failedAt: number[] = [];
  readonly #lanes = { known: newLane(), strangers: newLane() };
  /** Networks whose password waits or is looked at: each has one. */
  readonly #trying = new Set<string>();

  constructor(clock: Clock, limits: Partial<GateLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...usual, ...limits };
    this.#tries = new FailedTries(clock);
  }

  /** Run `look` when it is this address's turn. A wrong one is told late, the later the more there were. */
  async check(address: string, look: () => Promise<boolean>): Promise<Verdict> {
    const network = networkOf(address);
    if (this.#tries.blocked(network)) return 'blocked';
    if (this.#trying.has(network)) return 'busy';
    const right = await this.#look(network, look);
    if (right === undefined) return 'busy';
    if (right) {
      this.#remember(network);
      return 'right';
    }
    await wait(this.#fail(network));
    return 'wrong';
  }

  /** undefined when too many wait before it. */
  async #look(network: string, look: () => Promise<boolean>): Promise<boolean | undefined> {
    const lane = this.#known.has(network) ? this.#lanes.known : this.#lanes.strangers;
    this.#trying.add(network);
    try {
      if (!(await this.#turn(lane))) return undefined;
      try {
        return await look();
      } finally {
        this.#leave(lane);
      }
    } finally {
      this.#trying.delete(network);
    }
  }

  #fail(network: string): number {
    this.#failedAt.push(this.#clock.now());
    if (this.#failedAt.length > this.#limits.failuresAtFullSpeed + 1) this.#failedAt.shift();
    return this.#tries.failed(network);
  }

  #remember(network: string): void {
    this.#tries.succeeded(network);
    this.#known.delete(network);
    this.#known.add(network);
    for (const oldest of this.#known) {
      if (this.#known.size <= maxKnown) break;
      this.#known.delete(oldest);
    }
  }

  /** True more than `failuresAtFullSpeed` times in ten minutes. */
  get #underAttack(): boolean {
    const [oldest = 0] = this.#failedAt;
    const age = this.#clock.now() - oldest;
    return this.#failedAt.length > this.#limits.failuresAtFullSpeed && age < windowMs && age >= 0;
  }

  async #turn(lane: Lane): Promise<boolean> {
    if (lane.free) {
      lane.free = false;
      return true;
    }
    if (lane.waiting.length >= this.#limits.waiting) return false;
    await new Promise<void>((resolve) => lane.waiting.push(resolve));
    return true;
  }

  #leave(lane: Lane): void {
    const next = (): void => {
      const first = lane.waiting.shift();
      if (first === undefined) lane.free = true;
      else first();
    };
    if (lane === this.#lanes.strangers && this.#underAttack) {
      setTimeout(next, this.#limits.pacedMs).unref();
    } else next();
  }
}

const newLane = (): Lane => ({ free: true, waiting: [] });

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whoever has one IPv6 address has 2^64 of them. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('%', 1).join('').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
