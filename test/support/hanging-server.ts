import { loadPlan } from '../../apps/server/compose.ts';
import { serve } from '../../apps/server/serve.ts';

/**
 * A server as `branchline serve` runs it, but for one thing: on SIGUSR2 its event loop never turns again. Nothing of the
 * product reaches this.
 */
process.on('SIGUSR2', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
await serve(await loadPlan(process.argv[2] ?? '', true), 'test');
