import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '#libs/errors';
import type { RecordKind } from './switch-records.ts';

export interface Imported {
  readonly kind: RecordKind;
  readonly name: string;
  readonly sha256: string;
}

/** The application behind the collector: takes each file that it sees, at once, and removes it. */
export class ImportingApplication {
  readonly imported: Imported[] = [];
  readonly #inboxes: Readonly<Record<RecordKind, string>>;
  readonly #onFile: (kind: RecordKind, bytes: Buffer) => void;

  constructor(
    inboxes: Readonly<Record<RecordKind, string>>,
    onFile: (kind: RecordKind, bytes: Buffer) => void = () => undefined,
  ) {
    this.#inboxes = inboxes;
    this.#onFile = onFile;
  }

  async look(): Promise<void> {
    for (const kind of ['cdr', 'bcms'] as const) {
      const inbox = this.#inboxes[kind];
      const names = await readdir(inbox).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return [];
        throw error;
      });
      for (const name of names) {
        if (name === '.branchline') continue;
        const file = path.join(inbox, name);
        const bytes = await readFile(file);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        this.#onFile(kind, bytes);
        this.imported.push({ kind, name, sha256 });
        await rm(file);
      }
    }
  }
}
