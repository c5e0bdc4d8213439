import { open, stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { systemCode } from '#libs/errors';
import { ifThere } from '#libs/files';
import type { PlaceChange } from './update-look.ts';

/** What is known of a file without reading it. */
export interface Counterpart {
  readonly size: number;
  /** Undefined until its bytes are read. */
  readonly crc32: number | undefined;
  /** Where its bytes are, when they are a file by themselves. */
  readonly file?: string;
}

/** Bytes of the disk that one look reads for comparing; what lies beyond is not told. */
const readBytes = 4 * 1024 ** 3;
const chunkBytes = 1_048_576;

/**
 * Compares files of an update with what lies at their places, or in the update that is published: by size, then by
 * checksum. For a thread of its own.
 */
export class ComparedFiles {
  readonly #update: string;
  readonly #others: 'places' | ReadonlyMap<string, Counterpart>;
  /** Two trees may share a folder, and most files go to two places. */
  readonly #checksums = new Map<string, number>();
  #left = readBytes;

  /** `update`: the file that is compared; `others`: with what lies at the places, or with these by the names in the update. */
  constructor(update: string, others: 'places' | ReadonlyMap<string, Counterpart>) {
    this.#update = update;
    this.#others = others;
  }

  /** Null when there is nothing to compare with, or too much. */
  async changeOf(
    source: Counterpart & { readonly name: string },
    target: string,
  ): Promise<PlaceChange | null> {
    const others = this.#others;
    const now = others === 'places' ? await atPlace(target) : others.get(source.name);
    if (now === undefined) return 'new';
    if (now.size !== source.size) return 'changed';
    const [before, after] = [
      await this.#checksum(now, now.file),
      await this.#checksum(source, this.#update),
    ];
    if (before === undefined || after === undefined) return null;
    return before === after ? 'same' : 'changed';
  }

  async #checksum({ crc32: known, size }: Counterpart, file?: string): Promise<number | undefined> {
    if (known !== undefined || file === undefined) return known;
    const seen = this.#checksums.get(file);
    if (seen !== undefined) return seen;
    if (size > this.#left) return undefined;
    this.#left -= size;
    const checksum = await checksumOf(file);
    if (checksum !== undefined) this.#checksums.set(file, checksum);
    return checksum;
  }
}

async function atPlace(file: string): Promise<Counterpart | undefined> {
  const found = await ifThere(stat(file)).catch((error: unknown) => {
    // A file stands where the update has a folder.
    if (systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  });
  return found?.isFile() === true ? { size: found.size, crc32: undefined, file } : undefined;
}

/** Undefined when it is gone. */
async function checksumOf(file: string): Promise<number | undefined> {
  const handle = await ifThere(open(file, 'r'));
  if (handle === undefined) return undefined;
  try {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    let checksum = 0;
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return checksum;
      checksum = crc32(chunk.subarray(0, bytesRead), checksum);
    }
  } finally {
    await handle.close();
  }
}
