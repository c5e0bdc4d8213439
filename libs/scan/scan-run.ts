import { asBranchlineError } from '#libs/errors';
import type { SnmpReader } from '#libs/snmp';
import type { OfferedFirmware } from './offered-firmware.ts';
import { Pace } from './pace.ts';
import { askPhone, type SettingsObjects } from './phone-question.ts';
import type { ScanTargets } from './scan-targets.ts';
import type { ScannedPhone } from './scanned-phone.ts';

export interface ScanRunOptions {
  /** Of this scan alone: it is started, and stopped at the end. */
  readonly reader: SnmpReader;
  readonly targets: ScanTargets;
  readonly objects: SettingsObjects;
  readonly offered: OfferedFirmware;
  /** Addresses that are being asked at one time. */
  readonly atOnce: number;
  /** Addresses asked a second where nobody answers. */
  readonly perSecond: number;
  /** Told of each address, in the order of the answers. */
  readonly onPhone: (phone: ScannedPhone) => void;
}

/**
 * Ask every address once. What was learned before `signal` aborts has been told; what was still open then counts as not
 * asked. Nothing outside the targets is asked.
 */
export async function runScan(options: ScanRunOptions, signal: AbortSignal): Promise<void> {
  const { reader, targets, atOnce, perSecond } = options;
  const pace = new Pace(perSecond);
  const open = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let free = (): void => undefined;
  await reader.start();
  pace.start();
  const stop = (): void => {
    pace.stop();
    // Whoever waits for an answer is told at once.
    void reader.stop().catch((error: unknown) => failures.push(error));
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (const address of targets) {
      await pace.take();
      if (open.size >= atOnce) {
        await new Promise<void>((resolve) => {
          free = resolve;
        });
      }
      if (signal.aborted || failures.length > 0) break;
      const asking = ask(options, address, pace, signal)
        .catch((error: unknown) => {
          if (asBranchlineError(error).code !== 'INTERRUPTED') failures.push(error);
        })
        .finally(() => {
          open.delete(asking);
          free();
        });
      open.add(asking);
    }
    await Promise.all(open);
    if (failures.length > 0) throw failures[0];
  } finally {
    signal.removeEventListener('abort', stop);
    pace.stop();
    await reader.stop();
  }
}

async function ask(
  { reader, objects, offered, onPhone }: ScanRunOptions,
  address: string,
  pace: Pace,
  signal: AbortSignal,
): Promise<void> {
  const asked = await askPhone(reader, address, objects);
  if (asked.phone.outcome !== 'silent') pace.answered();
  const phone = await offered.judge(asked.phone, asked.objects);
  // A reader that was stopped between two questions leaves half an answer.
  if (!signal.aborted) onPhone(phone);
}
