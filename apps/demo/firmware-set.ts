import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { writeAll } from '#libs/files';
import { planFirmware, type FirmwareOptions, type PlannedFile } from './firmware-plan.ts';
import { ZipWriter } from './zip-writer.ts';

export interface FirmwareFile {
  /** With forward slashes, relative to the set. */
  readonly name: string;
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export interface BuildOptions extends FirmwareOptions {
  /** Called with the bytes done so far, of `totalBytes`. */
  readonly onBytes?: (done: number) => void;
}

/** Write a release's files into `folder`, one chunk in memory at a time. Not fsynced: it is made for trying things out. */
export async function buildFirmwareSet(
  options: BuildOptions & { readonly folder: string },
): Promise<FirmwareFile[]> {
  return build(options, async (file, chunks) => {
    const target = path.join(options.folder, file.name);
    await mkdir(path.dirname(target), { recursive: true });
    const handle = await open(target, 'w');
    try {
      let position = 0;
      for (const chunk of chunks) {
        await writeAll(handle, chunk, position);
        position += chunk.length;
      }
    } finally {
      await handle.close();
    }
  });
}

/** Write the same release as one zip, which appears at `target` when it is whole. Returns what is in it. */
export async function buildFirmwareZip(
  options: BuildOptions & { readonly target: string },
): Promise<FirmwareFile[]> {
  const zip = await ZipWriter.create(options.target);
  try {
    const folders = new Set<string>();
    const files = await build(options, async (file, chunks) => {
      const folder = path.posix.dirname(file.name);
      if (folder !== '.' && !folders.has(folder)) {
        folders.add(folder);
        await zip.addFolder(folder);
      }
      await zip.add(file.name, chunks);
    });
    await zip.finish();
    return files;
  } catch (error) {
    await zip.discard();
    throw error;
  }
}

async function build(
  options: BuildOptions,
  write: (file: PlannedFile, chunks: Iterable<Buffer>) => Promise<void>,
): Promise<FirmwareFile[]> {
  const files: FirmwareFile[] = [];
  let done = 0;
  for (const file of planFirmware(options)) {
    const hash = createHash('sha256');
    const watched = function* (): Generator<Buffer> {
      for (const chunk of file.bytes()) {
        hash.update(chunk);
        yield chunk;
        done += chunk.length;
        options.onBytes?.(done);
      }
    };
    await write(file, watched());
    files.push({ name: file.name, size: file.size, sha256: hash.digest('hex') });
  }
  return files;
}
