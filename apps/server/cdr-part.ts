import type { Service } from '#libs/lifecycle';
import { makeFolder } from '#libs/files';
import {
  incomplete,
  openFolderOf,
  RawLink,
  recoverFiles,
  RecordWeb,
  type RecordTally,
} from '#libs/records';
import { boundAt, type Listener } from './listeners.ts';
import type { Runtime } from './runtime.ts';
import type { RecordKind, ServerPlan } from './server-plan.ts';

/** Call records that come over the network, into the folders that the relay watches. */
export interface CdrPart {
  readonly services: readonly Service[];
  readonly listeners: readonly Listener[];
  readonly link: RawLink | undefined;
  readonly web: RecordWeb | undefined;
}

export function cdrPart(plan: ServerPlan, runtime: Runtime): CdrPart {
  const { bindAddress: address, intakes, folders } = plan;
  const { clock, refused } = runtime;
  const log = runtime.log.child({ service: 'records' });
  const { pattern, cut } = intakes;
  const shared = { address, pattern, cut, clock, log, refused };
  const folderOf = (kind: RecordKind): string => folders.records[kind].collected;
  const link =
    intakes.link &&
    new RawLink({ ...shared, ...intakes.link, folder: folderOf(intakes.link.kind) });
  const web =
    intakes.web && new RecordWeb({ ...shared, ...intakes.web, folder: folderOf(intakes.web.kind) });
  const kinds = new Set(
    [intakes.link?.kind, intakes.web?.kind].filter((kind) => kind !== undefined),
  );
  runtime.metrics.intakes(() => ({
    link: { ...counts(link), senders: link?.connections.length ?? 0 },
    web: counts(web),
  }));
  return {
    link,
    web,
    services: [
      // Before anything new is opened beside it.
      ...[...kinds].map((kind) => recovery(folderOf(kind), runtime)),
      ...[link, web].filter((service) => service !== undefined),
    ],
    listeners: [
      ...(link === undefined ? [] : [listener('CDR link', 'cdr', address, link)]),
      ...(web === undefined ? [] : [listener('CDR by HTTP', 'cdr-http', address, web)]),
    ],
  };
}

const counts = (
  intake: { readonly tally: RecordTally } | undefined,
): { readonly records: number; readonly bytes: number } => ({
  records: intake?.tally.records ?? 0,
  bytes: intake?.tally.bytes ?? 0,
});

const listener = (
  label: string,
  protocol: string,
  address: string,
  server: { readonly port: number | undefined },
): Listener => ({ label, protocol, addresses: () => boundAt(address, server.port) });

/** Files that were open when the last process ended. */
const recovery = (folder: string, { log, refused }: Runtime): Service => ({
  name: `records in ${folder}`,
  start: async () => {
    await makeFolder(openFolderOf(folder), 0o750);
    for (const { name, size, tail } of await recoverFiles(folder)) {
      log.info({ file: name, bytes: size }, 'record file recovered after a crash');
      if (tail > 0) refused('RECORD_INCOMPLETE', incomplete(name, tail));
    }
  },
  stop: () => Promise.resolve(),
});
