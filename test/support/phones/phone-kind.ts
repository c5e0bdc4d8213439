import type { PhoneSelf, StartingPhone } from './starting-phone.ts';

/** What lies in a tree: bytes by name. */
export type TreeFiles = Readonly<Record<string, string | Buffer>>;

/** How a release of firmware is made up for a test. */
export interface ReleaseOfFiles {
  /** As it stands in names, such as `4_1_3_0_6`. */
  readonly version: string;
  /** Repeatable bytes of a firmware file. */
  readonly firmware: (name: string) => Buffer;
}

/** Telephones that start in the same way. */
export interface PhoneKind {
  readonly name: string;
  readonly models: readonly string[];
  /** What an administrator lays out for all of them; the 46xx line's own scripts and firmware come from elsewhere. */
  readonly shared?: (release: ReleaseOfFiles) => TreeFiles;
  /** What he lays out for one of them. */
  readonly own?: (self: PhoneSelf, release: ReleaseOfFiles) => TreeFiles;
  /** From power to a display that is ready. Rejects when the server fails it. */
  readonly start: (phone: StartingPhone) => Promise<void>;
}
