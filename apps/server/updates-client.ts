import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { BranchlineError } from '#libs/errors';
import {
  draftLookSchema,
  rollBackSchema,
  updateListSchema,
  type DraftLook,
  type RollBackAnswer,
  type RollBackQuery,
  type UpdateList,
} from '#libs/pages';
import type { ServerClient } from './server-client.ts';

/** Looking, copying and hashing of the largest archive on a slow disk, in milliseconds. */
const longestMs = 10 * 60_000;
/** The largest archive over the thinnest line to this machine, in milliseconds. */
const uploadMs = 12 * 3_600_000;

/** Talks about updates to the server on this machine. Each call throws what the server refuses with. */
export class UpdatesClient {
  readonly #server: ServerClient;

  constructor(server: ServerClient) {
    this.#server = server;
  }

  async list(page: { readonly limit: number; readonly offset: number }): Promise<UpdateList> {
    return checked(
      updateListSchema,
      await this.#server.ask('GET', `/api/v1/updates${query(page)}`),
    );
  }

  async upload(upload: {
    readonly name: string;
    readonly by: string;
    readonly body: AsyncIterable<Buffer>;
  }): Promise<DraftLook> {
    const { name, by, body } = upload;
    const path = `/api/v1/updates/drafts${query({ name, by })}`;
    const options = { ms: uploadMs, body };
    return checked(draftLookSchema, await this.#server.ask('POST', path, options));
  }

  async look(draft: string): Promise<DraftLook> {
    const answer = await this.#server.ask('GET', draftPath(draft), { ms: longestMs });
    return checked(draftLookSchema, answer);
  }

  async discard(draft: string, by: string): Promise<void> {
    await this.#server.ask('DELETE', `${draftPath(draft)}${query({ by })}`);
  }

  async publish(draft: string, replaces: string | undefined, by: string): Promise<void> {
    const path = `${draftPath(draft)}/publish${query({ replaces, by })}`;
    await this.#server.ask('POST', path, { ms: longestMs });
  }

  async lookAtRollBack(choice: RollBackQuery): Promise<RollBackAnswer> {
    const answer = await this.#server.ask('GET', `/api/v1/updates/rollback${query({ ...choice })}`);
    return checked(rollBackSchema, answer);
  }

  async rollBack(choice: RollBackQuery, by: string): Promise<RollBackAnswer> {
    const path = `/api/v1/updates/rollback${query({ ...choice, by })}`;
    return checked(rollBackSchema, await this.#server.ask('POST', path, { ms: longestMs }));
  }

  async withdraw(name: string, sha256: string, by: string): Promise<void> {
    await this.#server.ask('POST', `/api/v1/updates/withdraw${query({ name, sha256, by })}`);
  }
}

const draftPath = (draft: string): string => `/api/v1/updates/drafts/${encodeURIComponent(draft)}`;

function query(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, `${value}`] as [string, string]],
  );
  return `?${new URLSearchParams(given).toString()}`;
}

function checked<Schema extends TSchema>(schema: Schema, body: unknown): Static<Schema> {
  if (Check(schema, body)) return body;
  throw new BranchlineError(
    'PEER_ANSWER_INVALID',
    'the server does not answer about updates as one of this version does',
  );
}
