/** One setting, ready to be asked for. A secret is never in it. */
export interface FormField {
  /** `SECTION/Key`. */
  readonly name: string;
  readonly section: string;
  /** As the file spells it. */
  readonly key: string;
  readonly aliases: readonly string[];
  readonly kind: 'flag' | 'choice' | 'secret' | 'number' | 'text';
  readonly choices: readonly string[];
  /** Completes "needs …". */
  readonly expects: string;
  readonly description: string;
  /** What it is when nobody sets it, in words. */
  readonly default: string;
  /** What the file says; undefined when it says nothing, and for a secret. */
  readonly written: string | undefined;
  readonly isSet: boolean;
  /** What counts, masked for a secret. */
  readonly counts: string;
  readonly differs: boolean;
  /** Where it is given instead of in the file, as a sentence. */
  readonly givenBy: string | undefined;
  /** What has to be restarted for a change to count. */
  readonly restart: 'server' | 'manager' | undefined;
  /** What an empty value stands for, where that is a choice of its own; else empty. */
  readonly empty: string;
  /** Why it is not acted on; else empty. */
  readonly noEffect: string;
  /** What else is to be known, such as that a password is kept as a hash. */
  readonly note: string;
}

export interface FormSection {
  readonly name: string;
  readonly words: string;
  readonly fields: readonly FormField[];
}

/** One thing that is wrong, or worth knowing. */
export interface FormFault {
  /** Name of the field that it is about; undefined = the file. */
  readonly field: string | undefined;
  /** Where it stands: key, line or variable. */
  readonly where: string;
  readonly message: string;
}

/** A settings file as a form. */
export interface FormNow {
  readonly file: string;
  /** Sent along, so that a change meets the file that was seen. */
  readonly version: string;
  readonly sections: readonly FormSection[];
  readonly faults: readonly FormFault[];
  readonly warnings: readonly FormFault[];
}

/** What came back for one field. */
export interface PostedValue {
  readonly value: string;
  readonly remove: boolean;
  readonly empty: boolean;
}
export type Posted = ReadonlyMap<string, PostedValue>;

/** One line of a comparison; `gap` stands for equal lines that are left out. */
export type DiffRow =
  | { readonly kind: 'same' | 'added' | 'removed'; readonly text: string }
  | { readonly kind: 'gap'; readonly lines: number };

/** One text that the settings file has had. */
export interface FileVersion {
  readonly number: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly by: string;
  readonly why: string;
}

/** What becomes of a change: it may be made, has faults, or meets a file that somebody else has changed. */
export type Prepared =
  | {
      readonly kind: 'ready';
      /** Keys that change. */
      readonly keys: readonly string[];
      /** @throws BranchlineError SETTINGS_CHANGED, SETTINGS_INVALID, WRITE_FAILED, DISK_FULL. */
      readonly write: (by: string) => Promise<void>;
    }
  | { readonly kind: 'faulty'; readonly faults: readonly FormFault[] }
  | {
      readonly kind: 'overtaken';
      /** What the other one has changed. */
      readonly diff: readonly DiffRow[];
      /** What is to be filled in again; without secrets. */
      readonly own: Posted;
    };

/** The settings file of this machine, its checks and its history. */
export interface SettingsSource {
  /** @throws BranchlineError SETTINGS_UNREADABLE. */
  readonly form: () => Promise<FormNow>;
  readonly prepare: (posted: Posted, shown: string) => Promise<Prepared>;
  /** Oldest first; the last is what the file says now. */
  readonly versions: () => Promise<readonly FileVersion[]>;
  /** @throws BranchlineError NOT_FOUND. */
  readonly diff: (from: number, to: number) => Promise<readonly DiffRow[]>;
  /** @throws as `Prepared.write`, and NOT_FOUND. */
  readonly undo: (number: number, shown: string, by: string) => Promise<void>;
  /** A sentence when the server runs with other settings than the file has. */
  readonly pending: () => Promise<string | undefined>;
}
