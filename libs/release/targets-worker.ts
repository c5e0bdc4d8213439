import { parentPort, workerData } from 'node:worker_threads';
import { asBranchlineError } from '#libs/errors';
import { packTargets, unpackTargets } from './packed-targets.ts';
import { openTargetsFile, signTargetsFile } from './targets-file.ts';
import type { TargetsAnswer, TargetsOrder } from './targets-work.ts';

// The other end of this thread is `targets-work.ts`, which makes exactly this.
const order = workerData as TargetsOrder;

async function answer(): Promise<TargetsAnswer> {
  switch (order.kind) {
    case 'sign': {
      const targets = await unpackTargets(order.packed);
      return { kind: 'signed', bytes: signTargetsFile({ ...order.order, targets }) };
    }
    case 'open': {
      const { targets, ...opened } = openTargetsFile(order.order);
      return { kind: 'opened', opened, packed: packTargets(targets) };
    }
  }
}

try {
  parentPort?.postMessage(await answer());
} catch (error) {
  const { code, message } = asBranchlineError(error);
  parentPort?.postMessage({ kind: 'failed', code, message } satisfies TargetsAnswer);
}
