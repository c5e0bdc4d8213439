import { html, type DraftLook, type Html, type RollBackAnswer, type UpdateList } from '#libs/pages';

/** What the pages about updates need of the server; each call but `list` throws NOT_RUNNING while it does not answer. */
export interface UpdatesSource {
  /** Unix milliseconds. */
  now(): number;
  /** Undefined while the server does not answer. */
  list(page: { readonly limit: number; readonly offset: number }): Promise<UpdateList | undefined>;
  upload(upload: {
    readonly name: string;
    readonly by: string;
    /** Where it ends with an error, nothing is kept. */
    readonly body: AsyncIterable<Buffer>;
  }): Promise<DraftLook>;
  look(draft: string): Promise<DraftLook>;
  discard(draft: string, by: string): Promise<void>;
  publish(draft: string, replaces: string | undefined, by: string): Promise<void>;
  lookAtRollBack(choice: RollBackChoice): Promise<RollBackAnswer>;
  rollBack(choice: RollBackChoice, by: string): Promise<RollBackAnswer>;
  withdraw(name: string, sha256: string, by: string): Promise<void>;
}

export interface RollBackChoice {
  readonly name: string;
  /** At a hub: for its own telephones only. */
  readonly here: boolean;
  /** SHA-256. */
  readonly to: string | undefined;
}

/** The address of a page about one update. */
export const aboutUpdate = (
  page: 'rollback' | 'withdraw',
  values: Record<string, string>,
): string => `/updates/${page}?${new URLSearchParams(values).toString()}`;

/** Hidden fields of a form. */
export const hidden = (values: Readonly<Record<string, string | undefined>>): Html[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${value}" />`],
  );
