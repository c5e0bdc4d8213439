import { createHash } from 'node:crypto';
import path from 'node:path';
import type { ExplainedAnswer } from './explanation.ts';
import type { ServedFile } from './served-file.ts';

/** A script that is longer is not read line by line. */
const maxScriptBytes = 1024 * 1024;
const pieceBytes = 256 * 1024;

/** What people want to know of a file, and its text where it is short enough to be a script. Closes it. */
export async function describeFile(
  file: ServedFile,
  root: string,
): Promise<{
  readonly described: NonNullable<ExplainedAnswer['file']>;
  readonly text: string | undefined;
}> {
  const hash = createHash('sha256');
  const parts: Buffer[] = [];
  try {
    for (let position = 0; position < file.size;) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, file.size - position));
      const bytes = piece.subarray(0, await file.read(piece, position));
      hash.update(bytes);
      if (file.size <= maxScriptBytes) parts.push(bytes);
      position += bytes.length;
    }
  } finally {
    await file.close();
  }
  return {
    described: {
      name: file.name,
      path: path.join(root, file.name),
      size: file.size,
      modifiedAt: new Date(file.modifiedMs).toISOString(),
      etag: file.etag,
      sha256: hash.digest('hex'),
    },
    text: file.size <= maxScriptBytes ? Buffer.concat(parts).toString() : undefined,
  };
}
