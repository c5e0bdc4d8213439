import { workerData } from 'node:worker_threads';
import { reportEnd } from '#libs/lifecycle';
import { lookInto } from './look-into.ts';
import type { LookOrder } from './update-look.ts';

// The other end of this thread is `lookIntoUpdate`, which gives exactly this.
const order = workerData as LookOrder;

await reportEnd(() => lookInto(order));
