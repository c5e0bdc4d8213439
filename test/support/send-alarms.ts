import path from 'node:path';
import { Courier, Webhook } from '#libs/alarms';
import { AlarmQueueTable, Journal } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';

/** Sends what is queued in a process of its own, which somebody will kill. */
const [folder = '', url = ''] = process.argv.slice(2);
const queue = new AlarmQueueTable(new Journal(path.join(folder, 'branchline.db')));
const receiver = new Webhook({ url, secret: '', authorityFile: undefined });
const onDropped = (): void => undefined;
await new Courier({ receiver, queue, clock: systemClock, log: silentLogger(), onDropped }).start();
// Stays until it is killed.
setInterval(() => undefined, 1_000);
