/** Many telephones in a process of their own, started by phone-load.ts: the order comes and the report goes as a message. */
import { LoopDelay } from '../../bench/support/loop-delay.ts';
import type { LoadOrder, LoadReport } from './phone-load.ts';
import { branchOfPhones } from './phone-kinds.ts';
import { StartingPhone } from './starting-phone.ts';

async function startAll({ count, servers, known }: LoadOrder): Promise<LoadReport> {
  const failures: string[] = [];
  const desks = branchOfPhones(count);
  const phones = desks.map(({ self }) => new StartingPhone(self, servers, known));
  const delay = new LoopDelay();
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  await delay.watch(() =>
    Promise.all(
      desks.map(async ({ kind }, index) => {
        const phone = phones[index];
        if (phone === undefined) return;
        try {
          await kind.start(phone);
        } catch (error) {
          failures.push(`${kind.name} at ${phone.self.address}: ${String(error)}`);
        } finally {
          phone.hangUp();
        }
      }),
    ),
  );
  const cpu = process.cpuUsage(cpuBefore);
  return {
    seconds: (performance.now() - began) / 1000,
    done: count - failures.length,
    reboots: phones.reduce((sum, { reboots }) => sum + reboots, 0),
    failures,
    asked: phones.flatMap(({ asked }) => asked),
    loopMs: delay.maxMs,
    cpuSeconds: (cpu.user + cpu.system) / 1_000_000,
  };
}

process.once('message', (order) => {
  void startAll(order as LoadOrder).then((report) => process.send?.(report)); // the order's own type check holds its shape
});
process.send?.('ready');
