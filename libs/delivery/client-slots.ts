export interface ClientSlotsOptions {
  /** Telephones that hold a place at a time; 0 for no limit. */
  readonly maxClients: number;
  /** Milliseconds that a telephone keeps its place, from its first request on; 0 for as long as the server runs. */
  readonly sessionMs: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** What the status page shows of the places. */
export interface SlotUsage {
  readonly taken: number;
  /** 0: no limit. */
  readonly maxClients: number;
  /** Requests that found no place, since the start. */
  readonly turnedAway: number;
}

interface Slot {
  readonly until: number;
  /** The phone has acknowledged something: nobody has forged its address. */
  kept: boolean;
  /** Requests under way. */
  uses: number;
}

/**
 * The places of Maximum Client and Client Session (Guide p. 40): each individual address takes one, whatever it fetches,
 * and keeps it until its session time is over, so that it gets all its files. A place that was taken under an address
 * which never answered is given back with its request: forged addresses must not keep telephones out.
 */
export class ClientSlots {
  readonly #options: ClientSlotsOptions;
  readonly #now: () => number;
  /** In the order of their ends, for every session is equally long. */
  readonly #slots = new Map<string, Slot>();
  #turnedAway = 0;

  constructor(options: ClientSlotsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  get usage(): SlotUsage {
    this.#endSessions();
    const { maxClients } = this.#options;
    return { taken: this.#slots.size, maxClients, turnedAway: this.#turnedAway };
  }

  /** Begin a request of this address, or say that no place is free. What was begun must be ended with `leave`. */
  enter(address: string): boolean {
    const { maxClients, sessionMs } = this.#options;
    if (maxClients === 0) return true;
    this.#endSessions();
    let slot = this.#slots.get(address);
    if (slot === undefined) {
      if (this.#slots.size >= maxClients) {
        this.#turnedAway += 1;
        return false;
      }
      const until = sessionMs === 0 ? Infinity : this.#now() + sessionMs;
      slot = { until, kept: false, uses: 0 };
      this.#slots.set(address, slot);
    }
    slot.uses += 1;
    return true;
  }

  /** The phone at this address has answered: its place is its own until the session ends. */
  keep(address: string): void {
    const slot = this.#slots.get(address);
    if (slot !== undefined) slot.kept = true;
  }

  /** A request is over. */
  leave(address: string): void {
    const slot = this.#slots.get(address);
    // None, or another one, when the session ended before the request.
    if (slot === undefined) return;
    slot.uses -= 1;
    if (slot.uses <= 0 && !slot.kept) this.#slots.delete(address);
  }

  #endSessions(): void {
    const now = this.#now();
    for (const [address, { until }] of this.#slots) {
      if (until > now) return;
      this.#slots.delete(address);
    }
  }
}
