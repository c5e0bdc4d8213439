import type { Clock, Service } from '#libs/lifecycle';
import { asBranchlineError, type BranchlineError } from '#libs/errors';
import { readPhoneFile, readUserAgent, type PhoneClaim } from '#libs/phones';
import type { PhoneFile, PhoneProof, PhonesTable, PhoneSighting } from './phones-table.ts';

export interface InventoryOptions {
  readonly table: PhonesTable;
  readonly clock: Clock;
  /** Milliseconds between two writes. */
  readonly everyMs: number;
  readonly onFailure: (error: BranchlineError) => void;
}

/** A request as the inventory learns from it. */
export interface SeenRequest extends Omit<PhoneFile, 'at'> {
  readonly address: string;
  readonly agent?: string | undefined;
  /** What it asked for, when `name` is a substitute. */
  readonly insteadOf?: string | undefined;
}

interface Pending {
  seenAt: number;
  agent: string | undefined;
  claim: PhoneClaim;
  proof: PhoneProof | undefined;
  readonly files: Map<string, PhoneFile>;
}

/** Telephones that may wait for being written down; a whole storm fits. */
const maxPending = 20_000;
const maxPendingFiles = 24;
/** Telephones in one transaction, so that it stays short. */
const atOnce = 100;
/** Milliseconds between the transactions of one storm. */
const pauseMs = 25;

/** Learns from every request which telephones there are; writes it down once in a while, never within a request. */
export class PhoneInventory implements Service {
  readonly name = 'inventory of telephones';
  /** Telephones that were not written down because too many waited. */
  dropped = 0;
  readonly #options: InventoryOptions;
  readonly #pending = new Map<string, Pending>();
  #timer: NodeJS.Timeout | undefined;
  #running = false;

  constructor(options: InventoryOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    this.#running = true;
    this.#later(this.#options.everyMs);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    while (this.#write());
    return Promise.resolve();
  }

  saw({ address, agent, insteadOf, name, direction, outcome }: SeenRequest): void {
    const phone = this.#of(address);
    if (phone === undefined) return;
    if (agent !== undefined && agent !== phone.agent) {
      phone.agent = agent;
      phone.claim = merged(phone.claim, readUserAgent(agent));
    }
    const key = `${direction} ${name}`;
    const again = phone.files.has(key);
    // The same name says the same again, and some telephones ask for it a thousand times.
    if (!again || insteadOf !== undefined) {
      phone.claim = merged(readPhoneFile(insteadOf ?? name), phone.claim);
    }
    if (phone.files.size >= maxPendingFiles && !again) return;
    phone.files.set(key, { name, direction, outcome, at: phone.seenAt });
  }

  proved(address: string, proof: Omit<PhoneProof, 'at'>): void {
    const phone = this.#of(address);
    if (phone !== undefined) phone.proof = { ...proof, at: phone.seenAt };
  }

  #of(address: string): Pending | undefined {
    const seenAt = this.#options.clock.now();
    let phone = this.#pending.get(address);
    if (phone === undefined) {
      if (this.#pending.size >= maxPending) {
        this.dropped += 1;
        return undefined;
      }
      phone = { seenAt, agent: undefined, claim: {}, proof: undefined, files: new Map() };
      this.#pending.set(address, phone);
    }
    phone.seenAt = seenAt;
    return phone;
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => {
      const more = this.#write();
      if (this.#running) this.#later(more ? pauseMs : this.#options.everyMs);
    }, ms);
    this.#timer.unref();
  }

  /** One transaction. True when there is more to write. */
  #write(): boolean {
    const { table, onFailure } = this.#options;
    const batch: PhoneSighting[] = [];
    for (const [address, phone] of this.#pending) {
      if (batch.length === atOnce) break;
      const files = [...phone.files.values()];
      batch.push({ ...phone, address, files, backupAt: lastBackup(files) });
      this.#pending.delete(address);
    }
    if (batch.length === 0) return false;
    try {
      table.record(batch);
      return table.prune() || this.#pending.size > 0;
    } catch (error) {
      // What these telephones taught is lost; they come again.
      onFailure(asBranchlineError(error));
      return false;
    }
  }
}

/** The facts of `one`, and those of `other` where it has none. */
const merged = (other: PhoneClaim, one: PhoneClaim): PhoneClaim => ({
  maker: one.maker ?? other.maker,
  model: one.model ?? other.model,
  firmware: one.firmware ?? other.firmware,
  mac: one.mac ?? other.mac,
});

function lastBackup(files: readonly PhoneFile[]): number | undefined {
  const stored = files.filter(
    ({ direction, outcome }) => direction === 'upload' && outcome === 'done',
  );
  return stored.length === 0 ? undefined : Math.max(...stored.map(({ at }) => at));
}
