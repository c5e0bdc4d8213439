import { parseSnmpParams, type Settings } from '#libs/settings';
import type { UpdateInterval } from '#libs/sync';
import type { SnmpPlan } from './server-plan.ts';
import { snmpPlan } from './snmp-plan.ts';

/** How telephones are scanned for their firmware. */
export interface ScanPlan {
  readonly folder: string;
  /** Also with UseSNMP=0, which is about FTP. */
  readonly snmp: SnmpPlan | undefined;
  /** Addresses of one scan. */
  readonly maxCount: number;
  readonly atOnce: number;
  readonly perSecond: number;
  /** Scans whose files stay. */
  readonly keep: number;
  readonly schedule: { readonly ranges: string; readonly interval: UpdateInterval } | undefined;
}

export function scanPlan(settings: Settings): ScanPlan {
  const { server, snmp, scan } = settings.values;
  const access = parseSnmpParams(snmp.params);
  const { interval, ranges, maxCount, atOnce, perSecond, keep } = scan;
  return {
    folder: server.scanDir,
    snmp: snmpPlan({ ...settings, snmpAccess: typeof access === 'string' ? undefined : access }),
    ...{ maxCount, atOnce, perSecond, keep },
    schedule: interval === 0 || ranges === '' ? undefined : { ranges, interval },
  };
}
