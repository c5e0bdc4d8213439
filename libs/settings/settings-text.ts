import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { BranchlineError } from '#libs/errors';

/** `utf8` where the bytes allow it; `latin1` for files of an old Windows, `utf16le` for Notepad's "Unicode". */
export type TextEncoding = 'utf8' | 'latin1' | 'utf16le';

export interface SettingsText {
  readonly text: string;
  readonly encoding: TextEncoding;
}

/** What tells two texts of a settings file apart. */
export const bytesHash = (bytes: Buffer): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Bytes; a settings file has a few thousand. */
const maxBytes = 65_536;

/**
 * Read a settings file so that `encodeText` gives the same bytes again.
 * @throws BranchlineError SETTINGS_UNREADABLE.
 */
export async function readSettingsText(file: string): Promise<SettingsText> {
  try {
    return decodeText(await readAtMost(file, maxBytes));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const sentence = `cannot read settings file ${file}: ${why}`;
    throw new BranchlineError('SETTINGS_UNREADABLE', sentence, { cause });
  }
}

/** All bytes of a small file; an Error when there are more than `limit`. */
export async function readAtMost(file: string, limit: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const bytes = Buffer.alloc(limit + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
      length += bytesRead;
      if (length > limit) throw new Error(`it is larger than ${limit} bytes`);
      if (bytesRead === 0) return bytes.subarray(0, length);
    }
  } finally {
    await handle.close();
  }
}

/** @throws Error for bytes that are no text. */
export function decodeText(bytes: Buffer): SettingsText {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    if (bytes.length % 2 !== 0) throw new Error('it is UTF-16 with half a character at its end');
    return { text: bytes.toString('utf16le'), encoding: 'utf16le' };
  }
  if (bytes.includes(0)) throw new Error('it is no text: it holds a zero byte');
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes), encoding: 'utf8' };
  } catch {
    return { text: bytes.toString('latin1'), encoding: 'latin1' };
  }
}

/** @throws BranchlineError SETTINGS_INVALID for a letter that the file's encoding does not have. */
export function encodeText({ text, encoding }: SettingsText): Buffer {
  const bytes = Buffer.from(text, encoding);
  if (bytes.toString(encoding) === text) return bytes;
  throw new BranchlineError(
    'SETTINGS_INVALID',
    'the settings file is not in UTF-8 and cannot hold all letters of the new value; save it as UTF-8 first',
  );
}
