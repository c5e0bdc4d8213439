import type { X509Certificate } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { BranchlineError } from '#libs/errors';
import type { BranchRecord, HubState } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { expired, revoked, strange } from './certificate-refusals.ts';

export interface GateOptions {
  readonly state: HubState;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often to ask whether another process has changed the state, in milliseconds. */
  readonly pollMs: number;
  /** Open connections of one certificate; one more is closed at once. */
  readonly socketsEach: number;
}

interface Holder {
  readonly fingerprint: string;
  readonly notAfter: number;
}

/** Looked up in one go before others get their turn. */
const batch = 50;

/**
 * Who is behind a connection, and is it still let in? The certificate's fingerprint decides at each request, never the
 * handshake alone: that one may be days old. A branch that is revoked, by whichever process, loses its open connections.
 */
export class BranchGate {
  readonly #options: GateOptions;
  readonly #holders = new WeakMap<TLSSocket, Holder>();
  /** Open connections that finished their handshake, by fingerprint. */
  readonly #open = new Map<string, Set<TLSSocket>>();
  /** Answers of the state since the last change, for fingerprints in `#open` only. */
  readonly #known = new Map<string, BranchRecord>();
  #generation = 0;
  #mark: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #troubled = false;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#mark = await this.#options.state.changeMark();
    this.#running = true;
    this.#schedule();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** Certificates with an open connection. */
  get connected(): number {
    return this.#open.size;
  }

  /** A connection has finished its handshake. */
  opened(socket: TLSSocket): void {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) {
      // Cannot happen while the listener demands certificates; if it ever does, nobody gets in.
      socket.destroy();
      return;
    }
    const holder = holderOf(certificate);
    this.#holders.set(socket, holder);
    const sockets = this.#open.get(holder.fingerprint) ?? new Set();
    if (sockets.size >= this.#options.socketsEach) {
      socket.destroy();
      return;
    }
    this.#open.set(holder.fingerprint, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size > 0) return;
      this.#open.delete(holder.fingerprint);
      this.#known.delete(holder.fingerprint);
    });
  }

  /** The branch behind a request. @throws BranchlineError CERTIFICATE_MISSING, …_STRANGE, …_EXPIRED, …_REVOKED. */
  async admit(socket: TLSSocket): Promise<BranchRecord> {
    const holder = this.#holders.get(socket);
    if (holder === undefined) {
      throw new BranchlineError('CERTIFICATE_MISSING', 'the connection shows no certificate');
    }
    if (holder.notAfter <= this.#options.clock.now()) {
      throw expired(holder.notAfter);
    }
    const branch = this.#known.get(holder.fingerprint) ?? (await this.#lookUp(holder.fingerprint));
    if (branch === undefined) throw strange();
    if (branch.revokedAt !== undefined) throw revoked(branch);
    return branch;
  }

  /** Ask the state again about everybody connected, and cut off who is no longer let in. */
  async recheck(): Promise<void> {
    this.#generation += 1;
    this.#known.clear();
    let asked = 0;
    let cut = 0;
    for (const fingerprint of [...this.#open.keys()]) {
      const branch = await this.#lookUp(fingerprint);
      if (branch === undefined || branch.revokedAt !== undefined) {
        cut += 1;
        for (const socket of this.#open.get(fingerprint) ?? []) socket.destroy();
      }
      asked += 1;
      if (asked % batch === 0) await breathe();
    }
    if (cut > 0)
      this.#options.log.warn({ certificates: cut }, 'connections of revoked branches cut');
  }

  #schedule(): void {
    if (!this.#running) return;
    this.#timer = setTimeout(() => {
      void this.#poll().then(() => {
        this.#schedule();
      });
    }, this.#options.pollMs);
  }

  async #poll(): Promise<void> {
    try {
      const mark = await this.#options.state.changeMark();
      if (mark === this.#mark && !this.#troubled) return;
      await this.recheck();
      // Only after the recheck: one that failed is repeated.
      this.#mark = mark;
      this.#troubled = false;
    } catch (error) {
      // Once, and not five times a second.
      if (!this.#troubled) {
        this.#options.log.error({ err: error }, 'cannot read who is revoked; trying again');
      }
      this.#troubled = true;
    }
  }

  async #lookUp(fingerprint: string): Promise<BranchRecord | undefined> {
    const generation = this.#generation;
    const branch = await this.#options.state.branchByFingerprint(fingerprint);
    // A revocation while we waited would be forgotten if this answer were kept.
    const current = generation === this.#generation && this.#open.has(fingerprint);
    if (branch !== undefined && current) this.#known.set(fingerprint, branch);
    return branch;
  }
}

function holderOf(certificate: X509Certificate): Holder {
  return {
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    notAfter: certificate.validToDate.getTime(),
  };
}
