import { createHash } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { BranchlineError } from '#libs/errors';
import { collect } from './collect.ts';
import type { Ask } from './connection.ts';
import { refusal } from './refusal.ts';
import { maxRestoreBytes } from './shapes.ts';

/** A backup that came down. */
export interface RestoredBackup {
  readonly bytes: Buffer;
  readonly sha256: string;
  /** When the telephone saved it, Unix milliseconds. */
  readonly savedAt: number;
  /** Whose copy it is. */
  readonly branch: string;
}

/** What the branch has under that name: only something newer is worth sending. */
export interface OwnCopy {
  readonly sha256: string;
  readonly savedAt: number;
}

export type AskAndRead = <T>(
  request: Ask,
  signal: AbortSignal | undefined,
  read: (response: Dispatcher.ResponseData) => Promise<T>,
) => Promise<T>;

/** The branch's end of what comes back down; throws what `HubClient` does. */
export class HubRestores {
  readonly #ask: AskAndRead;
  readonly #address: () => string;

  constructor(ask: AskAndRead, address: () => string) {
    this.#ask = ask;
    this.#address = address;
  }

  /**
   * The newest backup of a name, of whichever branch; `no news` when the own copy is as new, undefined when the hub has none.
   * @throws BranchlineError DIGEST_MISMATCH.
   */
  async newest(
    name: string,
    own: OwnCopy | undefined,
    signal?: AbortSignal,
  ): Promise<RestoredBackup | 'no news' | undefined> {
    const query = new URLSearchParams({
      name,
      ...(own && { have: own.sha256, saved: String(Math.trunc(own.savedAt)) }),
    });
    return await this.#ask(
      { method: 'GET', path: `/v1/restore?${query.toString()}` },
      signal,
      async (response) => {
        const { statusCode, headers } = response;
        if (statusCode === 404 || statusCode === 204) {
          await response.body.dump();
          return statusCode === 204 ? 'no news' : undefined;
        }
        const address = this.#address();
        if (statusCode !== 200) throw await refusal(response, address);
        const where = `the backup ${name} from ${address}`;
        const bytes = await collect(response, maxRestoreBytes, 'PEER_ANSWER_INVALID', where);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        if (headers['etag'] !== `"sha256-${sha256}"`) {
          throw new BranchlineError('DIGEST_MISMATCH', `${where} has other bytes than it claims`);
        }
        const savedAt = Number(headers['branchline-saved']);
        const branch = headers['branchline-branch'];
        if (!Number.isSafeInteger(savedAt) || typeof branch !== 'string') {
          throw new BranchlineError('PEER_ANSWER_INVALID', `${where} does not say whose it is`);
        }
        return { bytes, sha256, savedAt, branch: branch.slice(0, 64) };
      },
    );
  }
}
