import { BranchlineError } from '#libs/errors';
import { parseJson } from './parse.ts';
import { maxOfferFiles, UploadFile } from './shapes.ts';

/** A file that travels among others in one body. */
export interface FramedFile {
  readonly file: UploadFile;
  readonly bytes: Buffer;
}

/** A file above this goes up by itself, with resuming. */
export const maxFramedBytes = 256 * 1024;
/** Bytes of all files in one body. */
export const maxFramesBytes = 8 * 1024 * 1024;

const maxHeadBytes = 4 * 1024;

/**
 * Small files one after the other in one body: for each, the length of its head as four bytes (big-endian), the head as
 * JSON (`UploadFile`), then its bytes.
 */
export function encodeFrames(files: readonly FramedFile[]): Buffer {
  const pieces: Buffer[] = [];
  for (const { file, bytes } of files) {
    const head = Buffer.from(JSON.stringify(file));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(head.length);
    pieces.push(length, head, bytes);
  }
  return Buffer.concat(pieces);
}

/** @throws BranchlineError LINK_REQUEST_INVALID. */
export function decodeFrames(body: Buffer): FramedFile[] {
  const files: FramedFile[] = [];
  for (let at = 0; at < body.length;) {
    if (files.length >= maxOfferFiles) throw malformed(`it has more than ${maxOfferFiles} files`);
    if (body.length - at < 4) throw malformed('it ends inside a head');
    const headLength = body.readUInt32BE(at);
    const headEnd = at + 4 + headLength;
    if (headLength > maxHeadBytes || headEnd > body.length) {
      throw malformed(`the head at byte ${at} claims ${headLength} bytes`);
    }
    const where = `file ${files.length + 1} of a body of small files`;
    const file = parseJson(
      UploadFile,
      body.subarray(at + 4, headEnd),
      'LINK_REQUEST_INVALID',
      where,
    );
    const end = headEnd + file.size;
    if (file.size > maxFramedBytes || end > body.length) {
      throw malformed(`${where} claims ${file.size} bytes`);
    }
    files.push({ file, bytes: body.subarray(headEnd, end) });
    at = end;
  }
  return files;
}

const malformed = (why: string): BranchlineError =>
  new BranchlineError('LINK_REQUEST_INVALID', `a body of small files cannot be read: ${why}`);
