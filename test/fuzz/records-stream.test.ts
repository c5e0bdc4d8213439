import fc from 'fast-check';
import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { laneRig } from '../support/record-rig.ts';

const ends = ['\r\n', '\n', '\r\n\0\0\0', '\0', '\r'];
const isEnd = (byte: number | undefined): boolean => byte === 10 || byte === 13 || byte === 0;

/** A stream as a switch may send it, and where the network has split it. */
const streams = fc
  .array(fc.tuple(fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), fc.constantFrom(...ends)), {
    minLength: 1,
    maxLength: 40,
  })
  .map((records) => Buffer.from(records.flat().join(''), 'latin1'))
  .chain((bytes) =>
    fc.record({
      bytes: fc.constant(bytes),
      splits: fc.array(fc.nat(bytes.length), { maxLength: 30 }),
      cut: fc.integer({ min: 1, max: 500 }),
    }),
  );

it('all files together are the stream, and each but the last ends with a record, however it was split', async () => {
  await fc.assert(
    fc.asyncProperty(streams, async ({ bytes, splits, cut }) => {
      const rig = await laneRig({ cut: { bytes: cut, ms: 60_000 } });
      const places = [0, ...splits.toSorted((a, b) => a - b), bytes.length];
      for (const [n, from] of places.entries()) {
        await rig.lane.append(bytes.subarray(from, places[n + 1]));
      }
      await rig.lane.close();
      const files = (await rig.files()).map((file) => file.bytes);
      expect(Buffer.concat(files).equals(bytes)).toBe(true);
      for (const file of files.slice(0, -1)) expect(isEnd(file.at(-1))).toBe(true);
      for (const file of files.slice(1)) expect(isEnd(file[0])).toBe(false);
      await rm(rig.folder, { recursive: true });
    }),
    { numRuns: 60 },
  );
}, 60_000);
