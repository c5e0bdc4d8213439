import { setTimeout as sleep } from 'node:timers/promises';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import { delayBefore, type Backoff } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { ReleaseTarget } from '#libs/release';
import { isHubsFault } from './hubs-fault.ts';
import { PartialFile } from './partial-file.ts';
import type { Upstream } from './upstream.ts';

export interface FetchOptions {
  readonly backoff: Backoff;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Told the bytes of the file that are here, a few times a second at most by the caller's care. */
  readonly onBytes: (bytes: number) => void;
}

/** Five tries, the last after some fifteen seconds: then the other hub, or the next run. */
export const defaultFetchBackoff: Backoff = { tries: 5, firstMs: 500, maxMs: 8_000 };

/** Fewer new bytes than this are no progress: a hub must not keep us busy with one at a time. */
const progressBytes = 65_536;

/** A hub that serves others first is not a failing one: wait in line, some ten minutes at the most. */
const busyTries = 80;

/**
 * Bring one file here: resume what is there, go on at the next hub with the same bytes when one fails,
 * compare the digest. On return `partial` holds the whole file, on the disk.
 * Missing and wrong content are never asked for again at the same hub in the same run.
 * @throws BranchlineError of the last hub asked.
 */
export async function fetchUpdate(
  target: ReleaseTarget,
  upstreams: readonly Upstream[],
  partialPath: string,
  options: FetchOptions,
): Promise<void> {
  const partial = await PartialFile.open(partialPath, target.size);
  let whole = false;
  try {
    await fromAny(target, upstreams, partial, options);
    whole = true;
  } finally {
    // What is right so far stays for the next run; `fromAny` has thrown away what is wrong.
    if (whole || partial.size > 0) await partial.close();
    else await partial.discard();
  }
}

async function fromAny(
  target: ReleaseTarget,
  upstreams: readonly Upstream[],
  partial: PartialFile,
  options: FetchOptions,
): Promise<void> {
  let last: BranchlineError | undefined;
  for (const upstream of upstreams) {
    options.signal.throwIfAborted();
    if (!upstream.breaker.closed && last === undefined && upstreams.length > 1) continue;
    try {
      await fromOne(target, upstream, upstreams.length === 1, partial, options);
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      last = asBranchlineError(error);
      options.log.warn(
        { name: target.name, peer: upstream.peer, code: last.code, bytes: partial.size },
        'update not fetched from this hub',
      );
      if (!isHubsFault(last)) throw last;
    }
  }
  throw (
    last ??
    new BranchlineError('PEER_UNREACHABLE', 'no hub can be asked: each failed a short while ago')
  );
}

async function fromOne(
  target: ReleaseTarget,
  upstream: Upstream,
  alone: boolean,
  partial: PartialFile,
  options: FetchOptions,
): Promise<void> {
  let tainted = partial.resumed;
  for (;;) {
    await receiveAll(target, upstream, alone, partial, options);
    const sha256 = await partial.finish();
    if (sha256 === target.sha256) return;
    await partial.restart();
    if (!tainted) {
      throw new BranchlineError(
        'DIGEST_MISMATCH',
        `${upstream.address} sent other bytes than it signed for ${target.name}: SHA-256 ${sha256} instead of ${target.sha256}; nothing of it was used`,
      );
    }
    // The part an earlier process left may have been hurt by a power cut: once more, from the start.
    tainted = false;
  }
}

/** Tries are counted from the last progress: a link that breaks every minute still brings the file. */
async function receiveAll(
  target: ReleaseTarget,
  upstream: Upstream,
  alone: boolean,
  partial: PartialFile,
  options: FetchOptions,
): Promise<void> {
  const { backoff, signal } = options;
  let tries = 1;
  let busy = 0;
  while (partial.size < target.size) {
    const before = partial.size;
    try {
      await receive(target, upstream, partial, options);
      upstream.breaker.succeeded();
    } catch (error) {
      signal.throwIfAborted();
      const known = asBranchlineError(error);
      const { meaning, code } = known;
      // A disk that has refused once refuses again: nothing more is asked for.
      if (!isHubsFault(known)) throw known;
      if (code === 'PEER_BUSY' && (busy += 1) <= busyTries) {
        await sleep(delayBefore(busy, backoff), undefined, { signal });
        continue;
      }
      const progressed = partial.size - before >= progressBytes;
      if (!progressed) upstream.breaker.failed();
      tries = progressed ? 1 : tries + 1;
      const again = meaning.retry && (alone || upstream.breaker.closed) && tries <= backoff.tries;
      if (!again) throw error;
      await sleep(delayBefore(tries, backoff), undefined, { signal });
    }
  }
}

async function receive(
  target: ReleaseTarget,
  upstream: Upstream,
  partial: PartialFile,
  { signal, onBytes }: FetchOptions,
): Promise<void> {
  try {
    const wanted = { from: partial.size, size: target.size, signal };
    for await (const piece of upstream.downloads.file(target.sha256, wanted)) {
      await partial.append(piece);
      onBytes(partial.size);
    }
    if (partial.size !== target.size) {
      throw new BranchlineError(
        'LENGTH_MISMATCH',
        `${upstream.address} sent ${partial.size} of ${target.size} bytes of ${target.name}`,
      );
    }
  } finally {
    await partial.flush();
  }
}
