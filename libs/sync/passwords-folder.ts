import type { RememberedPasswords } from '#libs/backups';
import { ifThere, listTree, removeQuietly, type ListedFile } from '#libs/files';
import type { MirrorArea } from '#libs/journal';
import type { FetchedFile, MirroredFolder } from './mirrored-folder.ts';

/** More than there are extensions. */
const maxFiles = 500_000;

/** The passwords that telephones have shown at one of two servers; the last change counts, and none is kept as a version. */
export class PasswordsFolder implements MirroredFolder {
  readonly area: MirrorArea = 'passwords';
  readonly root: string;
  readonly incoming: string;
  readonly fileMode = 0o600;
  readonly tells = true;
  /** `backups forget-password` is a process of its own. */
  readonly watched = true;
  /** A password is forgotten by a word in its file: without the file, whoever came first would be believed. */
  readonly restored = true;
  readonly #passwords: RememberedPasswords;

  constructor(passwords: RememberedPasswords) {
    this.#passwords = passwords;
    this.root = passwords.folder;
    this.incoming = passwords.incoming;
  }

  async list(): Promise<ListedFile[]> {
    const files = (await ifThere(listTree(this.root, { maxFiles }))) ?? [];
    return files.filter(({ name }) => /^\d{1,32}$/.test(name));
  }

  pathOf(name: string): string {
    return this.#passwords.pathOf(name);
  }

  isMirrored(): boolean {
    return true;
  }

  async take(files: readonly FetchedFile[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    const taken = new Set<string>();
    try {
      for (const file of files) {
        signal.throwIfAborted();
        if (await this.#passwords.put(file.name, file, file.replaces)) taken.add(file.name);
      }
    } catch (error) {
      if (taken.size === 0) throw error;
    } finally {
      await removeQuietly(files.map((file) => file.path));
    }
    return taken;
  }

  async keepVersion(file: FetchedFile): Promise<void> {
    await removeQuietly([file.path]);
  }

  async remove(): Promise<boolean> {
    return await Promise.resolve(false);
  }
}
