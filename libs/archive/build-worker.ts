import { createHash } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import AdmZip from 'adm-zip';
import { writeDurably } from '#libs/files';
import { reportEnd } from '#libs/lifecycle';
import type { BuildOrder } from './build-archive.ts';

// The other end of this thread is `buildArchive`, which gives exactly this.
const order = workerData as BuildOrder;

await reportEnd(async () => {
  const zip = new AdmZip();
  for (const { name, bytes } of order.files) {
    zip.addFile(name, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  const whole = zip.toBuffer();
  // Not adm-zip's own writer: on a full disk that reports success for a file cut short.
  await writeDurably(order.target, whole);
  return { sha256: createHash('sha256').update(whole).digest('hex'), size: whole.length };
});
