import { BranchlineError } from '#libs/errors';
import type { TreeDelivery } from '#libs/delivery';
import { ScansTable } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import { ScanFolder, Scans, type OfferTree } from '#libs/scan';
import { snmpReader, type SnmpReader } from '#libs/snmp';
import { Schedule } from '#libs/sync';
import type { Runtime } from './runtime.ts';
import { scanBySchedule } from './scheduled-scan.ts';
import type { ServerPlan } from './server-plan.ts';

export interface ScanPart {
  readonly services: readonly Service[];
  readonly scans: Scans;
  readonly table: ScansTable;
}

/** What scans of a server and of the command need. */
export function openScans(
  plan: ServerPlan,
  delivery: TreeDelivery,
  { journal, clock, log }: Pick<Runtime, 'journal' | 'clock' | 'log'>,
): Pick<ScanPart, 'scans' | 'table'> {
  const { scan, name, tftp, http, https } = plan;
  const table = new ScansTable(journal);
  const trees: OfferTree[] = [
    ...(tftp === undefined ? [] : (['TFTP'] as const)),
    ...(http === undefined ? [] : (['HTTP'] as const)),
    ...(https === undefined ? [] : (['HTTPS'] as const)),
  ];
  const scans = new Scans({
    ...{ table, trees, delivery, clock, log },
    server: name,
    folder: new ScanFolder({ folder: scan.folder, keep: scan.keep }),
    newReader: () => readerFor(plan),
    objects: {
      ...(scan.snmp?.objects ?? { extension: '', type: '' }),
      chosen: scan.snmp?.objectsChosen === true,
    },
    maxCount: scan.maxCount,
    atOnce: scan.atOnce,
    perSecond: scan.perSecond,
  });
  return { scans, table };
}

function readerFor({ scan: { snmp }, bindAddress }: ServerPlan): SnmpReader {
  if (snmp === undefined) {
    throw new BranchlineError(
      'SETTINGS_INVALID',
      'telephones cannot be asked: [SNMP] Params names no community and no user',
    );
  }
  const { access, port, timeoutMs, tries } = snmp;
  return snmpReader(access, { port, timeoutMs, tries, bindAddress });
}

/** The scans of a running server, and those that it begins by itself. */
export function scanPart(plan: ServerPlan, delivery: TreeDelivery, runtime: Runtime): ScanPart {
  const log = runtime.log.child({ service: 'scan' });
  const { scans, table } = openScans(plan, delivery, { ...runtime, log });
  const { schedule, folder } = plan.scan;
  const services: Service[] = [scans];
  if (schedule !== undefined) {
    const run = (): void => {
      void scanBySchedule({ scans, folder, ranges: schedule.ranges, log });
    };
    const seed = `scan ${plan.name}`;
    services.push(new Schedule({ interval: schedule.interval, seed, run, log }));
  }
  return { services, scans, table };
}
