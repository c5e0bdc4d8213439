import { openSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { Digest } from '#libs/files';
import { reportEnd, reportProgress } from '#libs/lifecycle';
import { syncFile } from './new-file.ts';
import type { UnpackOrder } from './unpack-archive.ts';
import { CHUNK, unpackMember, type MemberOrder } from './unpack-member.ts';

/** Members in work side by side: reading, inflating, hashing and writing overlap, and memory stays bounded. */
const LANES = 4;
const PROGRESS_MS = 100;

/** Large members are synced while others are in work; small ones at the end, where many share one of the disk's commits. */
const isLarge = (member: MemberOrder): boolean => member.entry.size >= 1_048_576;

// The other end of this thread is `unpackArchive`, which gives exactly this.
const order = workerData as UnpackOrder;

// When one member fails, the other side ends this thread, and with it the lanes that still write.
await reportEnd(async () => {
  const archive = { path: order.path, descriptor: openSync(order.path, 'r') };
  const digests: Digest[] = [];
  let next = 0;
  let bytes = 0;
  let toldAt = 0;
  let turn: Promise<unknown> = Promise.resolve();
  // One after the other: a slow disk may hold one of the few threads that Node shares among all, and no more.
  const syncInTurn = async (member: MemberOrder): Promise<void> => {
    const mine = turn.then(async () => {
      for (const file of member.destinations) await syncFile(file);
    });
    turn = Promise.allSettled([mine]);
    await mine;
  };
  const lane = async (): Promise<void> => {
    const scratch = Buffer.allocUnsafeSlow(CHUNK);
    for (let at = next++; ; at = next++) {
      const member = order.members[at];
      if (member === undefined) return;
      digests[at] = await unpackMember(archive, member, scratch, (more) => {
        bytes += more;
        const now = Date.now();
        if (now - toldAt < PROGRESS_MS) return;
        toldAt = now;
        reportProgress({ bytes, name: member.entry.name });
      });
      if (isLarge(member)) await syncInTurn(member);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  for (const member of order.members) if (!isLarge(member)) await syncInTurn(member);
  return digests;
});
