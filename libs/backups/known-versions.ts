import type { BackupVersion } from './backup-version.ts';

interface Known {
  readonly inode: number;
  readonly size: number;
  readonly versions: readonly BackupVersion[];
}

/** Names; of each a few versions are remembered. */
const maxNames = 4096;

/**
 * The versions of the names that were saved lately, as the disk has them. Each is good for as long as the current file is the one
 * that was put there with them: when any other program has been at work, the disk is asked again.
 */
export class KnownVersions {
  readonly #names = new Map<string, Known>();

  /** Newest first, the current file among them. */
  of(name: string, stats: { ino: number; size: number }): readonly BackupVersion[] | undefined {
    const known = this.#names.get(name);
    return known?.inode === stats.ino && known.size === stats.size ? known.versions : undefined;
  }

  remember(name: string, known: Known): void {
    this.#names.delete(name);
    this.#names.set(name, known);
    if (this.#names.size <= maxNames) return;
    const [oldest] = this.#names.keys();
    if (oldest !== undefined) this.#names.delete(oldest);
  }

  forget(name: string): void {
    this.#names.delete(name);
  }
}
