import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { decodeFrames, encodeFrames, type FramedFile } from '#libs/link';

const framed = fc
  .record({
    name: fc.string({ minLength: 1, maxLength: 200 }).filter((name) => name.isWellFormed()),
    bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    modified: fc.nat(),
  })
  .map(({ name, bytes, modified }): FramedFile => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { file: { name, size: bytes.length, sha256, modified }, bytes };
  });

it('gives back what was put into a body of small files', () => {
  fc.assert(
    fc.property(fc.array(framed, { maxLength: 20 }), (files) => {
      expect(decodeFrames(encodeFrames(files))).toEqual(files);
    }),
  );
});

it('refuses any other bytes, and a body that was cut or altered, with a code', () => {
  const refusedOr = (body: Buffer): void => {
    try {
      decodeFrames(body);
    } catch (error) {
      expect(error).toBeInstanceOf(BranchlineError);
      expect(error).toHaveProperty('code', 'LINK_REQUEST_INVALID');
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      refusedOr(Buffer.from(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.array(framed, { minLength: 1, maxLength: 4 }), fc.nat(), (files, at) => {
      const body = encodeFrames(files);
      refusedOr(body.subarray(0, at % body.length));
      const altered = Buffer.from(body);
      altered[at % body.length] = (altered[at % body.length] ?? 0) ^ 0xff;
      refusedOr(altered);
    }),
  );
});
