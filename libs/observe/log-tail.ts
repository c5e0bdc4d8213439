import { open } from 'node:fs/promises';
import { isWanted, parseLogLine, type LogFilter, type LogLine } from './log-line.ts';

const maxBytes = 512 * 1024;

/**
 * The newest lines of a log file, oldest first, from its last half megabyte; while a new file has few, those of the
 * one before as well. No file has no lines.
 */
export async function tailOfLog(
  file: string,
  { limit, ...filter }: LogFilter & { readonly limit: number },
): Promise<LogLine[]> {
  const now = await endOf(file);
  const text = now.length < maxBytes ? (await endOf(`${file}.1`)) + now : now;
  return text
    .slice(-maxBytes)
    .split('\n')
    .flatMap((line) => parseLogLine(line) ?? [])
    .filter((line) => isWanted(line, filter))
    .slice(-limit);
}

async function endOf(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, maxBytes);
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(length),
        0,
        length,
        size - length,
      );
      return buffer.subarray(0, bytesRead).toString('utf8');
    } finally {
      await handle.close();
    }
  } catch {
    // Not there, or not for us to read: the log page says where it looked.
    return '';
  }
}
