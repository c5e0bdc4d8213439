import { TLSSocket } from 'node:tls';
import type { BackupStore, NamePatterns, PhoneProof, Settle } from '#libs/backups';
import { isAccessListName, type Delivery, type ServedFile, type TreeName } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import { safeName } from '#libs/files';
import { phoneFamilies } from '#libs/phones';
import { basicPassword } from './basic-password.ts';
import type { Exchange } from './exchange.ts';

/** Upgrade and settings files of every family, and their substitutes, in lower case. */
const scripts: ReadonlySet<string> = new Set([
  ...phoneFamilies.flatMap(({ upgradeFiles, settingsFiles }) => [
    ...upgradeFiles,
    ...settingsFiles,
  ]),
  'fxd_upgrade.scr',
  'fxd_settings.txt',
]);

/** One kind of files that telephones may save: under which names, where, and by whom. */
export interface UploadSpace {
  readonly names: NamePatterns;
  /**
   * phone: one backup for each extension, whatever folder the phone names and however it spells the name;
   * device: the whole path counts, and what is not there may be in the tree.
   */
  readonly kind: 'phone' | 'device';
  readonly store: BackupStore;
  /** Serves what is in the store. */
  readonly reading: Delivery;
  /** See that the newest copy is here, which may be at a hub; never rejects (Guide p. 39). */
  readonly freshen?: ((name: string) => Promise<unknown>) | undefined;
  /** Undefined: whoever the access list lets in. */
  readonly proof: PhoneProof | undefined;
}

/** Where one file belongs. */
export interface UploadPlace {
  readonly space: UploadSpace;
  /** In the store. */
  readonly name: string;
  readonly extension: string | undefined;
}

/** All names that telephones may save, and who may have what is there. */
export class UploadSpaces {
  readonly #spaces: readonly UploadSpace[];
  readonly #tree: TreeName;
  readonly #delivery: Delivery;

  constructor(spaces: readonly UploadSpace[], tree: TreeName, delivery: Delivery) {
    this.#spaces = spaces;
    this.#tree = tree;
    this.#delivery = delivery;
  }

  get none(): boolean {
    return this.#spaces.length === 0;
  }

  /**
   * The place of a name as it came with the request, or undefined when it is not open.
   * @throws BranchlineError PATH_OUTSIDE_TREE or NAME_MALFORMED.
   */
  placeOf(name: string): UploadPlace | undefined {
    const whole = name.replaceAll('\\', '/').replace(/^\/+/, '');
    const last = whole.slice(whole.lastIndexOf('/') + 1);
    // Whatever names the administrator has opened: no telephone decides who gets in, nor what all others run.
    if (isAccessListName(whole) || scripts.has(last.toLowerCase())) return undefined;
    for (const space of this.#spaces) {
      const asked = space.kind === 'phone' ? last : whole;
      const fit = space.names.fit(asked);
      if (fit === undefined) continue;
      const safe = safeName(name);
      const stored = space.kind === 'phone' ? last.toLowerCase() : safe;
      return { space, name: stored, extension: fit.extension };
    }
    return undefined;
  }

  /**
   * Let in who may have what is at `place`.
   * @throws BranchlineError ACCESS_DENIED, and as `PhoneProof`.
   */
  async prove({ request, connection }: Exchange, place: UploadPlace): Promise<Settle | undefined> {
    const { address } = connection;
    await this.#delivery.admit({ tree: this.#tree, address });
    const { space, extension = '' } = place;
    return await space.proof?.({
      extension,
      address,
      encrypted: isEncrypted(request.socket),
      password: basicPassword(request.headers.authorization),
    });
  }

  /**
   * What was saved under this name, for one who may have it; undefined when the tree is to be asked.
   * @throws BranchlineError as `prove`, and NOT_FOUND: a backup of a telephone never comes from the tree.
   */
  async read(exchange: Exchange, name: string): Promise<ServedFile | undefined> {
    const place = this.placeOf(name);
    if (place === undefined) return undefined;
    const { space } = place;
    const { address } = exchange.connection;
    const settle = await this.prove(exchange, place);
    try {
      await space.freshen?.(place.name);
      const file = await space.reading.find({ tree: this.#tree, name: place.name, address });
      await settle?.();
      return file;
    } catch (error) {
      const absent = error instanceof BranchlineError && error.code === 'NOT_FOUND';
      if (absent && space.kind === 'device') return undefined;
      throw error;
    }
  }
}

/** True when nobody on the way can read what comes: there are TLS suites without encryption. */
function isEncrypted(socket: object): boolean {
  return socket instanceof TLSSocket && !/null/i.test(socket.getCipher().name);
}
