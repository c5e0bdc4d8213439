import path from 'node:path';
import { INTERNAL_FOLDER, removeQuietly, type ListedFile } from '#libs/files';
import type { MirrorArea, MirrorFile } from '#libs/journal';
import type { Logger } from '#libs/observe';
import type { EarlierFiles } from './earlier-files.ts';
import type { FetchedFile, MirroredFolder } from './mirrored-folder.ts';
import type { UpdateAct } from './update-desk.ts';
import { requireUpdateName } from './update-name.ts';
import type { Updates } from './updates.ts';

export interface UpdatesMirrorOptions {
  readonly updates: Updates;
  /** Where replaced bytes are kept at a server that has no content store; a hub has them there. */
  readonly earlier: EarlierFiles;
  readonly log: Logger;
  /** Told of what is published or withdrawn, before it counts; what it throws calls it off. */
  readonly onAct?: (act: UpdateAct) => Promise<void>;
}

/** Who has decided what is done here, for people. */
const by = 'the other server';

/**
 * What administrators have published at one of two servers: each takes it into its own Updates, from where it is signed and brought
 * to telephones as ever. The time of a file is when it was first published, so that both say the same of it to branches.
 */
export class UpdatesMirror implements MirroredFolder {
  readonly area: MirrorArea = 'updates';
  readonly root: string;
  readonly incoming: string;
  readonly fileMode = 0o666;
  readonly tells = false;
  readonly #options: UpdatesMirrorOptions;

  constructor(options: UpdatesMirrorOptions) {
    this.#options = options;
    this.root = options.updates.folder;
    this.incoming = path.join(this.root, INTERNAL_FOLDER, 'mirror');
  }

  async list(): Promise<ListedFile[]> {
    return await Promise.resolve(
      this.#options.updates
        .all()
        .map(({ name, size, publishedAt }) => ({ name, size, modifiedMs: publishedAt })),
    );
  }

  digestOf({ name, size, modifiedMs }: ListedFile): string | undefined {
    const known = this.#options.updates.find(name);
    return known?.size === size && known.publishedAt === modifiedMs ? known.sha256 : undefined;
  }

  pathOf(name: string): string {
    return this.#options.updates.pathOf(requireUpdateName(name));
  }

  /** What a hub above has signed comes to both from there. */
  isMirrored({ name }: MirrorFile): boolean {
    return this.#options.updates.find(name)?.origin !== 'upstream';
  }

  /** One by one: each is a whole of its own. What is in place counts, even where a later one fails. */
  async take(files: readonly FetchedFile[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    const taken = new Set<string>();
    try {
      for (const file of files) {
        signal.throwIfAborted();
        if (await this.#place(file)) taken.add(file.name);
      }
    } catch (error) {
      if (taken.size === 0) throw error;
    } finally {
      await removeQuietly(files.map((file) => file.path));
    }
    return taken;
  }

  async keepVersion(file: FetchedFile): Promise<void> {
    const { updates, earlier, log } = this.#options;
    const { name, size, sha256, modifiedMs } = file;
    requireUpdateName(name);
    try {
      const update = { name, size, sha256, publishedAt: Math.trunc(modifiedMs) };
      if (await updates.remember(file.path, update)) return;
      const kept = await earlier.keep(name, sha256, file.path);
      log.info({ name, kept }, 'other version of an update kept');
    } finally {
      await removeQuietly([file.path]);
    }
  }

  async remove(name: string, sha256: string): Promise<boolean> {
    const { updates } = this.#options;
    if (!(await this.#isOurs(name, sha256))) return false;
    await this.#keepReplaced(name, sha256);
    const size = updates.find(name)?.size ?? 0;
    await this.#options.onAct?.({ act: 'withdrawn', by, name, size, sha256 });
    await updates.withdraw(name);
    return true;
  }

  async #place({
    path: from,
    name,
    size,
    sha256,
    modifiedMs,
    replaces,
  }: FetchedFile): Promise<boolean> {
    const { updates, onAct } = this.#options;
    requireUpdateName(name);
    if (!(await this.#isOurs(name, replaces))) return false;
    const update = { name, size, sha256, publishedAt: Math.trunc(modifiedMs) };
    return await updates.place(from, update, async () => {
      if (!(await this.#isOurs(name, replaces))) return false;
      if (replaces !== undefined) await this.#keepReplaced(name, replaces);
      await onAct?.({ act: 'published', by, name, size, sha256 });
      return true;
    });
  }

  /** True when these are the bytes here, and no hub above has brought them; a file that is just being taken in is nobody's yet. */
  async #isOurs(name: string, sha256: string | undefined): Promise<boolean> {
    const { updates } = this.#options;
    const known = updates.find(name);
    if (known?.sha256 !== sha256 || known?.origin === 'upstream') return false;
    return await updates.isSettled(name);
  }

  async #keepReplaced(name: string, sha256: string): Promise<void> {
    const { updates, earlier, log } = this.#options;
    if (updates.keepsEarlier) return;
    const kept = await earlier.keep(name, sha256, updates.pathOf(name));
    log.info({ name, kept }, 'replaced update kept');
  }
}
