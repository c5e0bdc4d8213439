import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import AdmZip from 'adm-zip';
import type { Dice } from '../faults/dice.ts';
import type { PairWorld, Place } from './pair-world.ts';
import { settingsName, type PublishedFiles } from './published-files.ts';

/** A file that an administrator has placed, and where telephones must find it. */
interface Expected {
  readonly name: string;
  readonly sha256: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** Where it is not yet. */
  readonly missing: Set<Place>;
}

export interface AdministratorOptions {
  readonly world: PairWorld;
  readonly dice: Dice;
  /** What telephones at each place may ask for. */
  readonly published: ReadonlyMap<Place, PublishedFiles>;
  /** At the shared address: what both of the pair have. */
  readonly shared: PublishedFiles;
}

/** Places updates and files at one of the pair, now here, now there, and watches how they come everywhere. */
export class Administrator {
  readonly #options: AdministratorOptions;
  #expected: Expected[] = [];
  #count = 0;
  /** The last settings that were placed. */
  settings: string | undefined;
  updates = 0;
  byHand = 0;
  /** Seconds until an update was in the trees of both of the pair, and everywhere. */
  readonly atPairS: number[] = [];
  readonly everywhereS: number[] = [];

  constructor(options: AdministratorOptions) {
    this.#options = options;
  }

  async work(signal: AbortSignal, everyMs: number): Promise<void> {
    while (!signal.aborted) {
      await this.place(this.#options.dice.pick(['firmware', 'settings', 'settings', 'by hand']));
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Sees what has come, once a second. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await sleep(1_000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What has not come everywhere, one sentence each. */
  get waiting(): string[] {
    return this.#expected.map(({ name, missing }) => {
      const where = [...missing].map(({ site }) => site.name).join(', ');
      return `${name} has not come to ${where}`;
    });
  }

  async place(what: 'firmware' | 'settings' | 'by hand'): Promise<void> {
    const { world, dice } = this.#options;
    const { plan } = dice.pick(world.pair);
    const number = String(this.#count++).padStart(4, '0');
    try {
      if (what === 'by hand') {
        const bytes = dice.bytes(dice.whole(100, 4_000));
        const name = `by-hand-${number}.txt`;
        await put(plan.folders.trees.HTTP, name, bytes);
        this.byHand += 1;
        this.#expect(name, bytes, world.pair);
        return;
      }
      if (what === 'settings') {
        const bytes = Buffer.from(`## settings ${number}\nSET LOGLEVEL ${dice.whole(0, 7)}\n`);
        const sha256 = digest(bytes);
        // They may be seen as soon as they are there.
        for (const published of [this.#options.shared, ...this.#options.published.values()])
          published.addSettings(sha256);
        await put(plan.folders.updates, settingsName, bytes);
        this.settings = sha256;
        this.#expected = this.#expected.filter(({ name }) => name !== settingsName);
        this.#expect(settingsName, bytes, world.places);
      } else {
        const [small, large] = [dice.bytes(30_000), dice.bytes(400_000)];
        const zip = new AdmZip();
        zip.addFile(`46xx-${number}.bin`, small);
        zip.addFile(`J100-${number}.bin`, large);
        await put(plan.folders.updates, `release-${number}.zip`, zip.toBuffer());
        this.#expect(`46xx-${number}.bin`, small, world.places);
        this.#expect(`J100-${number}.bin`, large, world.places);
      }
      this.updates += 1;
    } catch {
      // A full disk: an administrator would see it, and try later.
    }
  }

  async look(): Promise<void> {
    const { world, published, shared } = this.#options;
    const pair: readonly Place[] = world.pair;
    for (const expected of this.#expected) {
      const { name, sha256, missing, at } = expected;
      const atPair = pair.every((place) => !missing.has(place));
      for (const place of [...missing]) {
        if (!(await isThere(place, name, sha256))) continue;
        missing.delete(place);
        if (name !== settingsName) published.get(place)?.add(name, sha256);
      }
      const seconds = (Date.now() - at) / 1_000;
      if (!atPair && pair.every((place) => !missing.has(place))) {
        this.atPairS.push(seconds);
        if (name !== settingsName) shared.add(name, sha256);
      }
      if (missing.size === 0) this.everywhereS.push(seconds);
    }
    this.#expected = this.#expected.filter(({ missing }) => missing.size > 0);
  }

  #expect(name: string, bytes: Buffer, places: readonly Place[]): void {
    const sha256 = digest(bytes);
    this.#expected.push({ name, sha256, at: Date.now(), missing: new Set(places) });
  }
}

/** In all trees that telephones fetch it from. */
async function isThere({ plan }: Place, name: string, sha256: string): Promise<boolean> {
  const { TFTP, HTTP, HTTPS } = plan.folders.trees;
  const trees = name.startsWith('by-hand')
    ? [HTTP]
    : [HTTP, HTTPS, ...(name.startsWith('46') ? [TFTP] : [])];
  for (const tree of trees) {
    const bytes = await readFile(path.join(tree, name)).catch(() => undefined);
    if (bytes === undefined || digest(bytes) !== sha256) return false;
  }
  return true;
}

/** Whole, as a copy ends up. */
async function put(folder: string, name: string, bytes: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true });
  const beside = path.join(folder, `.${name}.tmp`);
  try {
    await writeFile(beside, bytes);
    await rename(beside, path.join(folder, name));
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
