import type { Transfer } from '#libs/delivery';
import { PhoneInventory, PhonesTable, type KnownPhone, type PhoneTotals } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import type { ListedPhone, PhoneLister } from '#libs/pages';
import type { ProvenPhone } from '#libs/snmp';
import { iso } from './branch-view.ts';
import type { Runtime } from './runtime.ts';

/** Which telephones are there: taught by every request and every SNMP answer. */
export interface InventoryPart {
  readonly service: Service;
  readonly saw: (transfer: Transfer) => void;
  readonly proved: (phone: ProvenPhone) => void;
  readonly list: PhoneLister;
  /** Counted anew after some seconds. */
  readonly totals: () => PhoneTotals;
  /** How many telephones of the last week run what: "J179 4.1.3.0.6". */
  readonly firmware: () => (readonly [string, number])[];
}

const writeEveryMs = 1_000;
const countEveryMs = 10_000;
const weekMs = 7 * 86_400_000;

export function inventoryPart({ journal, clock, log }: Runtime): InventoryPart {
  const table = new PhonesTable(journal);
  const inventory = new PhoneInventory({
    table,
    clock,
    everyMs: writeEveryMs,
    onFailure: ({ code, message }) => {
      log.warn({ code, reason: message }, 'telephones were not written down');
    },
  });
  let counted: { readonly totals: PhoneTotals; readonly until: number } | undefined;
  const totals = (): PhoneTotals => {
    const now = clock.now();
    if (counted === undefined || counted.until <= now) {
      counted = {
        totals: table.totals(new Date(now).setHours(0, 0, 0, 0)),
        until: now + countEveryMs,
      };
    }
    return counted.totals;
  };
  return {
    service: inventory,
    saw: ({ address, agent, name, insteadOf, direction = 'download', outcome }) => {
      inventory.saw({ address, agent, name, insteadOf, direction, outcome });
    },
    proved: ({ address, extension, type, firmware, family, mac }) => {
      inventory.proved(address, { extension, model: type, firmware, family, mac });
    },
    list: ({ limit, offset }) => ({
      total: table.count(),
      offset,
      phones: table.list(limit, offset).map(listed),
    }),
    totals,
    firmware: () =>
      table
        .firmware(clock.now() - weekMs)
        .map(({ model, firmware, phones }) => [`${model} ${firmware}`, phones] as const),
  };
}

/** As the API and the manager show it. */
export function listed({ claim, proof, ...phone }: KnownPhone): ListedPhone {
  const fact = (proven: string | undefined, claimed: string | undefined): ListedPhone['mac'] => {
    if (proven !== undefined) return { value: proven, proven: true };
    return claimed === undefined ? null : { value: claimed, proven: false };
  };
  return {
    address: phone.address,
    mac: fact(proof?.mac, claim.mac),
    model: fact(proof?.model, claim.model),
    firmware: fact(proof?.firmware, claim.firmware),
    maker: claim.maker ?? null,
    family: proof?.family ?? null,
    extension: proof?.extension ?? null,
    agent: phone.agent ?? '',
    firstSeenAt: new Date(phone.firstSeen).toISOString(),
    lastSeenAt: new Date(phone.lastSeen).toISOString(),
    askedAt: iso(proof?.at),
    backupAt: iso(phone.backupAt),
    files: phone.files.map(({ at, ...file }) => ({ ...file, at: new Date(at).toISOString() })),
  };
}
