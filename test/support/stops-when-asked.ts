import { writeFileSync } from 'node:fs';
import { StopRequest } from '#libs/lifecycle';

/** A program that says when it is there, and how it ended, by files. */
const [there = '', ended = ''] = process.argv.slice(2);
const stop = new StopRequest();
const awake = setInterval(() => undefined, 1_000);
writeFileSync(there, String(process.pid));
await stop.asked;
stop.dispose();
clearInterval(awake);
writeFileSync(ended, 'in order');
