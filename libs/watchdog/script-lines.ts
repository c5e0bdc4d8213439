import type { Readable } from 'node:stream';

/**
 * Calls `take` with each line that a program says, cut to `maxLine` characters: one that never ends takes no more memory
 * than that. The last one needs no end.
 */
export function readLines(stream: Readable, maxLine: number, take: (line: string) => void): void {
  let line: string | undefined;
  const end = (): void => {
    if (line !== undefined) take(line.replace(/\r$/, ''));
    line = undefined;
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const [first = '', ...others] = text.split('\n');
    line = `${line ?? ''}${first}`.slice(0, maxLine);
    for (const next of others) {
      end();
      line = next.slice(0, maxLine);
    }
    if (line === '') line = undefined;
  });
  stream.on('end', end);
}
