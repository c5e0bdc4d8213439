import { openSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { Digest } from '#libs/files';
import { syncFile } from './new-file.ts';
import { reportEnd, reportProgress } from './report-end.ts';
import type { UnpackOrder } from './unpack-archive.ts';
import { CHUNK, unpackMember } from './unpack-member.ts';

/** Members in work side by side: reading, inflating, hashing and writing overlap, and memory stays bounded. */
const LANES = 4;
const PROGRESS_MS = 100;

// The other end of this thread is `unpackArchive`, which gives exactly this.
const order = workerData as UnpackOrder;

// When one member fails, the other side ends this thread, and with it the lanes that still write.
await reportEnd(async () => {
  const archive = { path: order.path, descriptor: openSync(order.path, 'r') };
  const digests: Digest[] = [];
  let next = 0;
  let bytes = 0;
  let toldAt = 0;
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
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  // All together at the end: by then the disk has most of it, and many small files share its commits.
  for (const { destinations } of order.members) destinations.forEach(syncFile);
  return digests;
});
