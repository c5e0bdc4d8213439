import type { Delivery } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import type { BackupStore } from '#libs/backups';
import type { IdentifyPhone, PhoneIdentity } from '#libs/phones';
import type { FileArea, OpenFile, Saved } from './file-area.ts';
import type { Entry } from './listing.ts';
import { phoneDataName } from './phone-data-name.ts';
import type { VirtualPath } from './virtual-path.ts';

/** What all telephones share. */
export interface PhoneFiles {
  readonly delivery: Delivery;
  /** Guide: UseSNMP=1. Undefined when nobody is asked who he is. */
  readonly identifyPhone?: IdentifyPhone | undefined;
  /** Where backups lie: FTPdata. */
  readonly backups: Pick<BackupStore, 'save'>;
  /** See that the newest copy of a backup is here, which may be at a hub; never rejects (Guide p. 39). */
  readonly freshen?: ((name: string) => Promise<unknown>) | undefined;
}

const tree = 'FTP';

/**
 * What a telephone sees of FTPdata: its own backup, and files that are nobody's. Names of other telephones are
 * neither shown nor served (Guide p. 16).
 */
export class PhoneArea implements FileArea {
  readonly owner = 'phone';
  readonly patient = false;
  readonly #files: PhoneFiles;
  readonly #address: string;

  constructor(files: PhoneFiles, address: string) {
    this.#files = files;
    this.#address = address;
  }

  /** May this telephone come in, and who is it? @throws BranchlineError ACCESS_DENIED, PHONE_UNVERIFIED. */
  async verify(): Promise<void> {
    await this.#files.delivery.admit({ tree, address: this.#address });
    await this.#identity();
  }

  /** Telephones are told a folder by their settings; their backups lie in one place whatever it says. */
  async enter(): Promise<void> {
    await Promise.resolve();
  }

  /** Its own backups only; not even a refusal tells which others there are. */
  async list(path: VirtualPath): Promise<readonly Entry[]> {
    if (path.length > 0) return [await this.look(path)];
    const identity = await this.#identity();
    if (identity === undefined) return [];
    const entries: Entry[] = [];
    for (const kind of ['', '_sip']) {
      const meant = phoneDataName(`4620data${kind}.txt`, identity);
      if (meant.kind !== 'own') continue;
      const entry = await this.#lookAt(meant.name).catch(() => undefined);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  async look(path: VirtualPath): Promise<Entry> {
    if (path.length === 0)
      return { name: '/', folder: true, size: 0, modifiedMs: 0, writable: false };
    return await this.#lookAt(await this.#readable(path));
  }

  async open(path: VirtualPath): Promise<OpenFile> {
    return await this.#find(await this.#readable(path));
  }

  async mayStore(path: VirtualPath): Promise<void> {
    await this.#storable(path);
  }

  async save(path: VirtualPath, body: AsyncIterable<Buffer>): Promise<Saved> {
    const name = await this.#storable(path);
    const { sha256 } = await this.#files.backups.save(name, body);
    return { name, sha256 };
  }

  remove(path: VirtualPath): Promise<void> {
    return Promise.reject(noWriting(path));
  }

  rename(path: VirtualPath): Promise<void> {
    return Promise.reject(noWriting(path));
  }

  makeFolder(path: VirtualPath): Promise<void> {
    return Promise.reject(noWriting(path));
  }

  removeFolder(path: VirtualPath): Promise<void> {
    return Promise.reject(noWriting(path));
  }

  /** The name that its backup is stored by. */
  async #storable(path: VirtualPath): Promise<string> {
    const meant = phoneDataName(path.at(-1) ?? '', await this.#identity());
    if (meant.kind === 'foreign') throw notYours(path);
    if (meant.kind !== 'own') throw noWriting(path);
    await this.#files.delivery.admit({ tree, address: this.#address });
    return meant.name;
  }

  async #readable(path: VirtualPath): Promise<string> {
    const meant = phoneDataName(path.at(-1) ?? '', await this.#identity());
    if (meant.kind === 'own') {
      await this.#files.freshen?.(meant.name);
      return meant.name;
    }
    const others = path
      .slice(0, -1)
      .some((part) => phoneDataName(part, undefined).kind !== 'other');
    if (meant.kind === 'foreign' || others) throw notYours(path);
    return path.join('/');
  }

  async #lookAt(name: string): Promise<Entry> {
    const file = await this.#find(name);
    await file.close();
    const { size, modifiedMs } = file;
    return { name: file.name, folder: false, size, modifiedMs, writable: false };
  }

  #find(name: string): Promise<OpenFile> {
    return this.#files.delivery.find({ tree, name, address: this.#address });
  }

  async #identity(): Promise<PhoneIdentity | undefined> {
    return await this.#files.identifyPhone?.(this.#address);
  }
}

const shown = (path: VirtualPath): string => JSON.stringify(path.join('/').slice(0, 200));

const notYours = (path: VirtualPath): BranchlineError =>
  new BranchlineError(
    'ACCESS_DENIED',
    `${shown(path)} is refused: it is not the backup of the extension that is logged in at this telephone`,
  );

const noWriting = (path: VirtualPath): BranchlineError =>
  new BranchlineError(
    'WRITE_REFUSED',
    `${shown(path)} is refused: a telephone may store its own backup, such as 4620data.txt, and nothing else`,
  );
