/** As many of the newest files are asked for: nobody loads a release that was replaced many times. */
const wanted = 12;

/** What administrators have published, as telephones may rely on it at one place: a file is named once it is there. */
export class PublishedFiles {
  readonly #files = new Map<string, string>();
  readonly #settings = new Set<string>();

  /** A file that never changes. */
  add(name: string, sha256: string): void {
    this.#files.set(name, sha256);
  }

  /** One more state of the file of settings, which is replaced again and again. */
  addSettings(sha256: string): void {
    this.#settings.add(sha256);
  }

  /** What telephones ask for. */
  get names(): readonly string[] {
    return [...this.#files.keys()].slice(-wanted);
  }

  digestOf(name: string): string | undefined {
    return this.#files.get(name);
  }

  mayBeSettings(sha256: string): boolean {
    return this.#settings.has(sha256);
  }
}

export const settingsName = '46xxsettings.txt';
