import type { FileHandle } from 'node:fs/promises';
import type { AskKeys, PasswordKeys } from '#libs/backups';
import { BranchlineError } from '#libs/errors';
import { openInside } from '#libs/files';
import { MirrorBook, type MirrorArea } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import type { ToldMirror } from '#libs/link';
import {
  MirrorPull,
  MirrorScan,
  MirrorTaking,
  MirrorTelling,
  MirrorWatch,
  sweepIncoming,
  sweepStaleParts,
  type MirrorAreaState,
  type MirroredFolder,
} from '#libs/sync';
import type { PeerLink } from './peer-link.ts';
import type { OnSaved } from './phone-stores.ts';
import type { Runtime } from './runtime.ts';
import type { HubPlan, ServerPlan } from './server-plan.ts';

const dayMs = 86_400_000;
/** How long removed files are remembered: a server that was away for longer gets them back. */
const rememberMs = 90 * dayMs;
/** Parts of files that nobody has gone on with for so long go; so many of a folder in a day. */
const [partMs, maxParts] = [7 * dayMs, 1_000];

export interface MirrorPartOptions {
  readonly plan: ServerPlan;
  readonly pair: Pick<NonNullable<HubPlan['pair']>, 'peer'>;
  /** Between two looks at the folders, in milliseconds. */
  readonly everyMs: number;
  readonly link: PeerLink;
  readonly runtime: Runtime;
}

/** How the mirror of a pair stands; times in Unix milliseconds. */
export interface MirrorState {
  /** The name under which the other server joined this one. */
  readonly peer: string;
  /** It has all that telephones have saved here, as far as this server knows. */
  readonly inStep: boolean;
  /** This server has read all that the other one has. */
  readonly read: boolean;
  /** Why the other server cannot be asked; undefined when it answers. */
  readonly away: BranchlineError | undefined;
  readonly awaySince: number | undefined;
  readonly lastContact: number | undefined;
  readonly areas: readonly MirrorAreaState[];
}

/** The mirror of a pair: what is told to the other server, and what is taken from it (docs/adr/021-mirror.md). */
export class MirrorPart {
  readonly #options: MirrorPartOptions;
  readonly #book: MirrorBook;
  readonly #telling: MirrorTelling;
  readonly #folders = new Map<MirrorArea, MirroredFolder>();
  #keys: PasswordKeys | undefined;
  #pull: MirrorPull | undefined;
  #away: BranchlineError | undefined;
  #awaySince: number | undefined;
  #lastContact: number | undefined;

  constructor(options: MirrorPartOptions) {
    const { runtime, pair } = options;
    const log = runtime.log.child({ service: 'mirror' });
    this.#options = options;
    this.#book = new MirrorBook(runtime.journal);
    this.#telling = new MirrorTelling({
      book: this.#book,
      onInStep: (inStep) => {
        log.info({ peer: pair.peer }, inStep ? 'the other server keeps up' : 'not waited for');
      },
    });
  }

  /** For the hub's listener. */
  get told(): ToldMirror {
    return {
      peer: this.#options.pair.peer,
      tell: (asked, signal) => this.#telling.tell(asked, signal),
      open: (area, name) => this.#open(area, name),
      keys: async () => (await this.#keys?.all()) ?? [],
    };
  }

  /** Acknowledge what a telephone has saved only once the other server has it, too, as long as that one keeps up. */
  readonly onSaved: OnSaved = async (area, change) => {
    const number =
      'gone' in change ? this.#noteGone(area, change.name) : this.#book.note(area, [change]);
    await this.#telling.settled(number);
  };

  readonly askKeys: AskKeys = (signal) => this.#options.link.client().mirror.keys(signal);

  /** With these folders; the services come after those that make them. */
  services(folders: readonly MirroredFolder[], keys?: PasswordKeys): readonly Service[] {
    this.#keys = keys;
    const { link, runtime, plan, everyMs } = this.#options;
    const { clock, refused } = runtime;
    const log = runtime.log.child({ service: 'mirror' });
    for (const folder of folders) this.#folders.set(folder.area, folder);
    const book = this.#book;
    const changed = (): void => {
      this.#telling.wake();
      this.#pull?.look();
    };
    const taking = new MirrorTaking({
      ...{ book, clock, log },
      source: { file: (area, file, request) => link.client().mirror.file(area, file, request) },
      reserveBytes: plan.publishing.reserveBytes,
      hasSeen: (change) => this.#telling.hasSeen(change),
      onConflict: ({ area }, name) => {
        refused(
          'MIRROR_CONFLICT',
          `${name} (${area}) was changed at both servers of the pair; the later one counts, the other is ${area === 'passwords' ? 'dropped' : 'kept as a version'}`,
        );
      },
    });
    const pull = new MirrorPull({
      ...{ book, folders, taking },
      catalogue: async (asked, signal) => await link.client().mirror.catalogue(asked, signal),
      onAway: (error) => {
        this.#contact(error);
      },
      onTaken: () => {
        this.#telling.wake();
      },
    });
    this.#pull = pull;
    const scan = new MirrorScan({
      ...{ book, clock },
      onEmptied: ({ area }, gone, of) => {
        refused(
          'MIRROR_FOLDER_EMPTIED',
          `${gone} of ${of} files (${area}) are gone at once; the other server is not told to remove them, they come back from there`,
        );
      },
    });
    const watch = new MirrorWatch({
      ...{ folders, scan, everyMs },
      onChanged: changed,
      onRefused: refused,
    });
    return [this.#tidying(), watch, pull];
  }

  state(): MirrorState {
    return {
      peer: this.#options.pair.peer,
      inStep: this.#telling.inStep,
      read: this.#pull?.read ?? false,
      away: this.#away,
      awaySince: this.#awaySince,
      lastContact: this.#lastContact,
      areas: this.#pull?.states() ?? [],
    };
  }

  #contact(error: BranchlineError | undefined): void {
    const { clock, refused } = this.#options.runtime;
    if (error === undefined) this.#lastContact = clock.now();
    else if (this.#away === undefined) {
      this.#awaySince = clock.now();
      refused('MIRROR_AWAY', `the other server of the pair cannot be asked: ${error.message}`);
    }
    const isBack = error === undefined && this.#away !== undefined;
    this.#away = error;
    if (error !== undefined) return;
    this.#awaySince = undefined;
    if (isBack || this.#keys?.wanted === true) this.#learnKeys();
  }

  /** So that what the other server remembers is understood here when that one is dead. */
  #learnKeys(): void {
    this.#keys?.learn().catch((error: unknown) => {
      const { log } = this.#options.runtime;
      log.warn({ err: error, service: 'mirror' }, 'keys of the other server not read');
    });
  }

  #noteGone(area: MirrorArea, name: string): number {
    const known = this.#book.find(area, name);
    // What the book never knew, the other server does not have from here.
    if (known === undefined) return 0;
    const modifiedMs = this.#options.runtime.clock.now();
    return this.#book.note(area, [{ ...known, modifiedMs }], 'gone');
  }

  async #open(area: MirrorArea, name: string): Promise<FileHandle | undefined> {
    const folder = this.#folders.get(area);
    if (folder === undefined) return undefined;
    try {
      return (await openInside(folder.root, name)).handle;
    } catch (error) {
      if (error instanceof BranchlineError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** Removed files are forgotten in time, and what an earlier process has left half fetched goes. */
  #tidying(): Service {
    const { clock, log } = this.#options.runtime;
    let timer: NodeJS.Timeout | undefined;
    const tidy = async (): Promise<void> => {
      this.#book.prune(clock.now() - rememberMs);
      const before = clock.now() - partMs;
      for (const { incoming } of this.#folders.values())
        await sweepStaleParts({ folder: incoming, before, limit: maxParts });
    };
    const tidyQuietly = (): void => {
      tidy().catch((error: unknown) => {
        log.warn({ err: error, service: 'mirror' }, 'the mirror is not tidied up');
      });
    };
    return {
      name: 'tidiness of the mirror',
      start: async () => {
        for (const { incoming } of this.#folders.values()) await sweepIncoming(incoming);
        tidyQuietly();
        timer = setInterval(tidyQuietly, dayMs).unref();
      },
      stop: async () => {
        clearInterval(timer);
        await Promise.resolve();
      },
    };
  }
}
