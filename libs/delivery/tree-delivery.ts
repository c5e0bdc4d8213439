import path from 'node:path';
import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';
import { safeName } from '#libs/files';
import { systemClock, type Clock } from '#libs/lifecycle';
import { silentLogger, type Logger } from '#libs/observe';
import { AccessGate, type Access } from './access-gate.ts';
import { checkFileOf } from './check-files.ts';
import { FreshStat } from './fresh-stat.ts';
import { FoundPlaces } from './found-places.ts';
import { isAccessListName } from './list-names.ts';
import { NameIndex } from './name-index.ts';
import type { Delivery, PhoneRequest, ServedFile, TakeFile, TreeName } from './served-file.ts';
import { substituteFor } from './substitute.ts';
import type { AccessRule } from './tree-access.ts';
import { VersionStore, type Usage } from './version-store.ts';

/** What a telephone was told. */
export interface Answer {
  readonly request: PhoneRequest;
  /** The file's name as spelled on disk, when it may have it. */
  readonly name?: string;
  /** Why it may not. */
  readonly code?: ErrorCode;
}

/** What one request comes to: who decided about the address, and the file or why there is none. */
export type Verdict = { readonly access: Access } & (
  { readonly file: ServedFile } | { readonly refusal: BranchlineError }
);

export interface TreeDeliveryOptions {
  /** Folder of each tree; a tree that is left out has no files. */
  readonly trees: Partial<Record<TreeName, string>>;
  /** Bytes of small files held in memory. */
  readonly cacheBytes: number;
  /** Bytes up to which a file is small. */
  readonly cacheFileBytes?: number;
  /** Milliseconds after which a small file that nobody asks for is let go of; ten minutes unless told. */
  readonly cacheIdleMs?: number;
  /** Bytes of pieces of large files held in memory; none unless told. */
  readonly pieceCacheBytes?: number;
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
  readonly #gate: AccessGate;
  readonly #index: NameIndex;
  readonly #versions: VersionStore;
  readonly #found = new FoundPlaces();

  constructor(options: TreeDeliveryOptions) {
    const { trees, clock = systemClock, log = silentLogger() } = options;
    const { cacheBytes, cacheFileBytes = defaultCacheFileBytes } = options;
    const { maxNamesInFolder = defaultNamesInFolder } = options;
    const { pieceCacheBytes = 0, cacheIdleMs } = options;
    const stat = new FreshStat();
    this.#options = options;
    this.#gate = new AccessGate({ trees, stat, clock, log });
    this.#index = new NameIndex({ stat, clock, log, maxNamesInFolder });
    this.#versions = new VersionStore({
      ...{ stat, clock, cacheBytes, cacheFileBytes, cacheIdleMs, pieceCacheBytes },
    });
  }

  /** Descriptors in use, bytes of small files in memory, and bytes of pieces of large ones. */
  get usage(): Usage {
    return this.#versions.usage;
  }

  /** @throws BranchlineError ACCESS_DENIED, NOT_FOUND, PATH_OUTSIDE_TREE, NAME_MALFORMED or FILE_CHANGED. */
  async find(request: PhoneRequest): Promise<ServedFile> {
    const { onAnswer } = this.#options;
    const verdict = await this.judge(request);
    if ('file' in verdict) {
      onAnswer?.({ request, name: verdict.file.name });
      return verdict.file;
    }
    onAnswer?.({ request, code: verdict.refusal.code });
    throw verdict.refusal;
  }

  findSoon(request: PhoneRequest, take: TakeFile): boolean {
    const { tree, name, address } = request;
    const place = this.#found.of(tree, name);
    if (place === undefined || !this.#gate.knowsAdmitted(tree, address)) return false;
    const { onAnswer } = this.#options;
    if (onAnswer === undefined) return this.#versions.openSoon(place, take);
    return this.#versions.openSoon(place, (file) => {
      if (file !== undefined) onAnswer({ request, name: file.name });
      take(file);
    });
  }

  /** @throws BranchlineError ACCESS_DENIED. */
  async admit({ tree, address }: Pick<PhoneRequest, 'tree' | 'address'>): Promise<void> {
    const { admitted } = await this.#gate.judge(tree, address);
    if (!admitted) throw denied(tree, address);
  }

  /** As `find`, with who decided. A file in it must be closed. */
  async judge(request: PhoneRequest): Promise<Verdict> {
    const access = await this.#gate.judge(request.tree, request.address);
    try {
      const file = await (access.admitted ? this.#asked(request) : this.#substitute(request));
      return { access, file };
    } catch (error) {
      // Nobody's secret: whoever asks whether this server gives out files is told, also from outside of every list.
      const file = checkFileOf(request.name);
      if (file !== undefined) return { access, file };
      return { access, refusal: asBranchlineError(error) };
    }
  }

  /** Empty for a tree that is not set up. */
  folderOf(tree: TreeName): string {
    return this.#options.trees[tree] ?? '';
  }

  /** The access rule of each tree. */
  async rules(): Promise<readonly { readonly tree: TreeName; readonly rule: AccessRule }[]> {
    return await this.#gate.rules();
  }

  async #asked(request: PhoneRequest): Promise<ServedFile> {
    const root = this.#options.trees[request.tree];
    if (root === undefined || /^[\\/]*$/.test(request.name)) {
      throw missing(`${quoted(request.name)} for ${request.tree}`);
    }
    const name = nameInTree(request.name);
    if (isAccessListName(name)) {
      throw new BranchlineError('ACCESS_DENIED', 'an access list is given to no telephone');
    }
    const file = await this.#open(root, name);
    if (file.name === name && file.bytes !== undefined) {
      this.#found.note(request.tree, request.name, path.join(root, name));
    }
    return file;
  }

  /** Also a name that is not there, or not one, is only refused: who is not in the list learns nothing about the tree. */
  async #substitute({ tree, name, address }: PhoneRequest): Promise<ServedFile> {
    const root = this.#options.trees[tree];
    const substitute = substituteFor(tree, safeNameOrNone(name));
    if (root === undefined || substitute === undefined) throw denied(tree, address);
    try {
      const file = await this.#open(root, substitute);
      return { ...file, insteadOf: name };
    } catch (error) {
      if (error instanceof BranchlineError) throw denied(tree, address, error);
      throw error;
    }
  }

  async #open(root: string, name: string): Promise<ServedFile> {
    const exact = await this.#versions.open(root, name);
    if (exact !== undefined) return exact;
    const spelling = await this.#index.spelling(root, name);
    const file = spelling === undefined ? undefined : await this.#versions.open(root, spelling);
    if (file === undefined) throw missing(quoted(name));
    return file;
  }
}

/** Some telephones and scripts put "here" in front of a name. */
const nameInTree = (name: string): string => safeName(name.replace(/^(?:[\\/]*\.(?=[\\/]))+/, ''));

function safeNameOrNone(name: string): string {
  try {
    return nameInTree(name);
  } catch {
    return '';
  }
}

const quoted = (name: string): string => JSON.stringify(name.slice(0, 200));

const missing = (what: string): BranchlineError =>
  new BranchlineError('NOT_FOUND', `there is no file ${what}`);

const denied = (tree: TreeName, address: string, cause?: BranchlineError): BranchlineError =>
  new BranchlineError('ACCESS_DENIED', `${address} may not have files of ${tree}`, { cause });
