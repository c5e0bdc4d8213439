import { text } from 'node:stream/consumers';
import type { ReadStream } from 'node:tty';
import { BranchlineError } from '#libs/errors';

const enter = new Set(['\r', '\n', '\u0004']);
const interrupt = '\u0003';
const erase = new Set(['\u007f', '\b']);

/** A password from a person, asked twice and not shown, or from a program by a pipe: its first line. */
export async function readPassword(input: ReadStream, prompt: string): Promise<string> {
  if (!input.isTTY) return (await text(input)).replace(/\r?\n[^]*$/, '');
  const first = await typed(input, `${prompt}: `);
  const second = await typed(input, `${prompt}, once more: `);
  if (first === second) return first;
  throw new BranchlineError('USAGE', 'the two passwords differ: nothing was changed');
}

function typed(input: ReadStream, prompt: string): Promise<string> {
  // Before anybody is asked: what a fast typist writes ahead must not be shown either.
  input.setRawMode(true);
  process.stderr.write(prompt);
  input.setEncoding('utf8');
  input.resume();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let password: string[] = [];
  const onData = (typedText: string): void => {
    for (const character of typedText) {
      if (enter.has(character)) resolve(password.join(''));
      else if (character === interrupt) {
        reject(new BranchlineError('INTERRUPTED', 'nothing was changed'));
      } else if (erase.has(character)) password = password.slice(0, -1);
      else password.push(character);
    }
  };
  input.on('data', onData);
  return promise.finally(() => {
    input.off('data', onData);
    input.setRawMode(false);
    input.pause();
    process.stderr.write('\n');
  });
}
