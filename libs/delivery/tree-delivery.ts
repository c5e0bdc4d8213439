import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';
import { safeName } from '#libs/files';
import { systemClock, type Clock } from '#libs/lifecycle';
import { silentLogger, type Logger } from '#libs/observe';
import { FreshStat } from './fresh-stat.ts';
import { NameIndex } from './name-index.ts';
import type { Delivery, PhoneRequest, ServedFile, TreeName } from './served-file.ts';
import { VersionStore } from './version-store.ts';

/** What a telephone was told. */
export interface Answer {
  readonly request: PhoneRequest;
  /** The file's name as spelled on disk, when it may have it. */
  readonly name?: string;
  /** Why it may not. */
  readonly code?: ErrorCode;
}

export interface TreeDeliveryOptions {
  /** Folder of each tree; a tree that is left out has no files. */
  readonly trees: Partial<Record<TreeName, string>>;
  /** Bytes of small files held in memory. */
  readonly cacheBytes: number;
  /** Bytes up to which a file is small. */
  readonly cacheFileBytes?: number;
  /** Names in one folder up to which it is searched whatever the case of letters. */
  readonly maxNamesInFolder?: number;
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly onAnswer?: (answer: Answer) => void;
}

const defaultCacheFileBytes = 1024 * 1024;
const defaultNamesInFolder = 20_000;

/** Files for telephones out of the trees on disk, for all four servers alike. */
export class TreeDelivery implements Delivery {
  readonly #options: TreeDeliveryOptions;
  readonly #index: NameIndex;
  readonly #versions: VersionStore;

  constructor(options: TreeDeliveryOptions) {
    const { clock = systemClock, log = silentLogger() } = options;
    const { cacheBytes, cacheFileBytes = defaultCacheFileBytes } = options;
    const { maxNamesInFolder = defaultNamesInFolder } = options;
    const stat = new FreshStat();
    this.#options = options;
    this.#index = new NameIndex({ stat, clock, log, maxNamesInFolder });
    this.#versions = new VersionStore({ stat, clock, cacheBytes, cacheFileBytes });
  }

  /** Descriptors in use and bytes in memory. */
  get usage(): { readonly descriptors: number; readonly bytes: number } {
    return this.#versions.usage;
  }

  /** @throws BranchlineError NOT_FOUND, PATH_OUTSIDE_TREE, NAME_MALFORMED or FILE_CHANGED. */
  async find(request: PhoneRequest): Promise<ServedFile> {
    const { onAnswer } = this.#options;
    try {
      const { root, name } = this.#decide(request);
      const file = await this.#open(root, name);
      onAnswer?.({ request, name: file.name });
      return file;
    } catch (error) {
      const failure = asBranchlineError(error);
      onAnswer?.({ request, code: failure.code });
      throw failure;
    }
  }

  /** Which name this phone may have in answer to its request. */
  #decide(request: PhoneRequest): { root: string; name: string } {
    const root = this.#options.trees[request.tree];
    if (root === undefined || /^[\\/]*$/.test(request.name)) throw missing(request);
    return { root, name: safeName(request.name) };
  }

  async #open(root: string, name: string): Promise<ServedFile> {
    const exact = await this.#versions.open(root, name);
    if (exact !== undefined) return exact;
    const spelling = await this.#index.spelling(root, name);
    const file = spelling === undefined ? undefined : await this.#versions.open(root, spelling);
    if (file === undefined)
      throw new BranchlineError('NOT_FOUND', `there is no file ${quoted(name)}`);
    return file;
  }
}

const quoted = (name: string): string => JSON.stringify(name.slice(0, 200));

const missing = ({ tree, name }: PhoneRequest): BranchlineError =>
  new BranchlineError('NOT_FOUND', `there is no file ${quoted(name)} for ${tree}`);
