import { createCipheriv, createHash, type Cipheriv } from 'node:crypto';

const CHUNK = 262_144;
const BLOCK = 65_536;
/** How much of each block is text that compresses: firmware images hold strings and tables among packed code. */
const TEXT = 6_554;

const zeros = Buffer.alloc(CHUNK);

/** The same bytes for the same seed and name, 256 KiB at a time, nine tenths incompressible. */
export function* firmwareBytes(seed: string, name: string, size: number): Generator<Buffer> {
  const stream = keystream(`${seed}\0${name}`);
  const text = Buffer.alloc(TEXT, `\0${name}: session %d closed by peer\0retry %s in %u ms\0`);
  for (let left = size; left > 0;) {
    const chunk = stream.update(zeros.subarray(0, Math.min(CHUNK, left)));
    for (let at = 0; at < chunk.length; at += BLOCK) text.copy(chunk, at);
    yield chunk;
    left -= chunk.length;
  }
}

/** Numbers below 65,536 that depend on the seed alone. */
export function* numbers(seed: string): Generator<number, never> {
  const stream = keystream(seed);
  for (;;) {
    const bytes = stream.update(zeros.subarray(0, 1024));
    for (let at = 0; at < bytes.length; at += 2) yield bytes.readUInt16LE(at);
  }
}

/** AES in counter mode is the fastest source of repeatable random bytes that Node has. */
function keystream(seed: string): Cipheriv {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
}
