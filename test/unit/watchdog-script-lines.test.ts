import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { readLines } from '../../libs/watchdog/script-lines.ts';

async function linesOf(...pieces: readonly (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  readLines(stream, 10, (line) => lines.push(line));
  for (const piece of pieces) {
    stream.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.end();
  await new Promise((resolve) => stream.once('close', resolve));
  return lines;
}

it.each([
  [['one\ntwo\n'], ['one', 'two']],
  [
    ['on', 'e\r\ntw', 'o'],
    ['one', 'two'],
  ],
  [
    ['one\n', '\n', 'two'],
    ['one', '', 'two'],
  ],
  [[Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])], ['é']],
  [[''], []],
  [
    ['0123456789', 'cut'.repeat(1_000), '\nnext'],
    ['0123456789', 'next'],
  ],
])('reads lines of %j', async (pieces, lines) => {
  expect(await linesOf(...pieces)).toEqual(lines);
});
