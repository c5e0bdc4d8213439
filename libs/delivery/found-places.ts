import type { TreeName } from './served-file.ts';

const maxNames = 2_000;
/** Longer names are asked for by strangers. */
const maxNameLength = 200;

/**
 * Where the file of a name lies, for names that were found as they are spelled. That follows from the name alone: whether
 * the file is still there, and who may have it, is asked each time.
 */
export class FoundPlaces {
  readonly #places: Record<TreeName, Map<string, string>> = {
    TFTP: new Map(),
    FTP: new Map(),
    HTTP: new Map(),
    HTTPS: new Map(),
  };

  of(tree: TreeName, name: string): string | undefined {
    return this.#places[tree].get(name);
  }

  note(tree: TreeName, name: string, place: string): void {
    const places = this.#places[tree];
    if (name.length > maxNameLength || places.has(name)) return;
    // All at once: what is asked for is soon here again.
    if (places.size >= maxNames) places.clear();
    places.set(name, place);
  }
}
