import { createHash } from 'node:crypto';
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Dice } from './dice.ts';

export type RecordKind = 'cdr' | 'bcms';

/** A record file that was closed: it has to arrive, once. */
export interface ClosedRecord {
  readonly branch: string;
  readonly kind: RecordKind;
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** What writes call records at one branch: each file under a name that says "open", then renamed. */
export class SwitchRecords {
  readonly closed: ClosedRecord[] = [];
  readonly #branch: string;
  readonly #folders: Readonly<Record<RecordKind, string>>;
  readonly #dice: Dice;
  #count = 0;

  constructor(branch: string, folders: Readonly<Record<RecordKind, string>>, dice: Dice) {
    this.#branch = branch;
    this.#folders = folders;
    this.#dice = dice;
  }

  async write(): Promise<void> {
    const dice = this.#dice;
    const kind = dice.chance(0.7) ? 'cdr' : 'bcms';
    const name = this.#name(kind);
    const size = dice.chance(0.12) ? dice.whole(270_000, 900_000) : dice.whole(10, 6_000);
    const bytes = dice.bytes(size);
    const folder = this.#folders[kind];
    await mkdir(folder, { recursive: true });
    const open = path.join(folder, `C-${name}`);
    await writeFile(open, bytes);
    // Closed a while ago: it counts at once.
    const at = Date.now() / 1_000 - 3 * 3600 + this.#count;
    await utimes(open, at, at);
    await rename(open, path.join(folder, name));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.closed.push({ branch: this.#branch, kind, name, sha256, bytes: size });
  }

  /** The same at every branch: names repeat, bytes do not. */
  #name(kind: RecordKind): string {
    const count = this.#count++;
    const two = (value: number): string => String(value).padStart(2, '0');
    if (kind === 'bcms') return `bcms-${String(count).padStart(6, '0')}.txt`;
    const system = String(Math.floor(count / 1440)).padStart(6, '0');
    return `S${system}-0001-261126-${two(Math.floor(count / 60) % 24)}_${two(count % 60)}`;
  }
}
