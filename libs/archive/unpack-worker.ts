import { open } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { asBranchlineError } from '#libs/errors';
import type { Digest } from '#libs/files';
import type { UnpackMessage, UnpackOrder } from './unpack-messages.ts';
import { unpackMember } from './unpack-member.ts';

/** Members in work side by side: reading, inflating, hashing and writing overlap, and memory stays bounded. */
const LANES = 4;
const PROGRESS_MS = 100;

// The other end of this thread is `unpackArchive`, which makes exactly this.
const order = workerData as UnpackOrder;

const post = (message: UnpackMessage): void => {
  parentPort?.postMessage(message);
};

async function unpack(): Promise<Digest[]> {
  const archive = await open(order.path, 'r');
  const digests: Digest[] = [];
  let next = 0;
  let bytes = 0;
  let toldAt = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; ; at = next++) {
      const member = order.members[at];
      if (member === undefined) return;
      digests[at] = await unpackMember(order.path, archive, member, (more) => {
        bytes += more;
        const now = Date.now();
        if (now - toldAt < PROGRESS_MS) return;
        toldAt = now;
        post({ kind: 'progress', bytes, name: member.entry.name });
      });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await archive.close();
  return digests;
}

try {
  post({ kind: 'done', digests: await unpack() });
} catch (error) {
  // The thread is ended by the other side, and with it the lanes that still write.
  const { code, message } = asBranchlineError(error);
  post({ kind: 'failed', code, message });
}
