import { statfs, type BigIntStats } from 'node:fs';
import path from 'node:path';

/** Linux file systems (statfs(2)) that answer for what was just looked at out of memory, never over a network. */
const localTypes = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0xf2f52010, // f2fs
  0x794c7630, // overlayfs, of containers
]);

/** What was looked at is in the memory of the system for longer than this, in milliseconds. */
const hotMs = 1_000;
/** A look that took longer did wait for something, and nobody is kept waiting by those of the next second. */
const slowMs = 5;
const coolMs = 1_000;
const maxPaths = 2_000;

/**
 * Paths that were looked at just now, on a disk of this machine: another look takes two microseconds, less than it
 * costs to hand it to another thread.
 */
export class HotPaths {
  readonly #until = new Map<string, number>();
  /** By device number; undefined while that is being found out. */
  readonly #local = new Map<bigint, boolean | undefined>();
  #coolUntil = 0;

  has(place: string): boolean {
    const until = this.#until.get(place);
    return until !== undefined && performance.now() < until;
  }

  /** `place` was looked at in another thread. */
  seen(place: string, found: BigIntStats | undefined): void {
    if (found === undefined || !this.isLocal(found.dev, place)) return;
    const now = performance.now();
    if (now < this.#coolUntil) return;
    this.#until.delete(place);
    this.#until.set(place, now + hotMs);
    if (this.#until.size <= maxPaths) return;
    const [oldest] = this.#until.keys();
    if (oldest !== undefined) this.#until.delete(oldest);
  }

  /** Run a look at a hot path on this thread, and watch what it takes. */
  timed(place: string, look: () => BigIntStats | undefined): BigIntStats | undefined {
    const before = performance.now();
    const found = look();
    const after = performance.now();
    if (found !== undefined && after - before <= slowMs) {
      this.#until.set(place, after + hotMs);
      return found;
    }
    this.#until.delete(place);
    if (after - before > slowMs) this.#cool(after);
    return found;
  }

  #cool(now: number): void {
    this.#until.clear();
    this.#coolUntil = now + coolMs;
  }

  /** True once it is known that the disk of this number, which `place` lies on, is one of this machine. */
  isLocal(device: bigint, place: string): boolean {
    const known = this.#local.get(device);
    if (known !== undefined || this.#local.has(device)) return known === true;
    if (process.platform !== 'linux' || this.#local.size >= maxPaths) return false;
    this.#local.set(device, undefined);
    statfs(path.dirname(place), (error, found) => {
      this.#local.set(device, error === null && localTypes.has(found.type));
    });
    return false;
  }
}
