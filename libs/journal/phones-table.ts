import type { TransferDirection, TransferOutcome } from '#libs/observe';
import type { PhoneClaim } from '#libs/phones';
import { integer, optionalInteger, optionalText, text, type Journal, type Row } from './journal.ts';

/** A file that a telephone fetched, stored, had removed, or did not get. */
export interface PhoneFile {
  readonly name: string;
  readonly direction: TransferDirection;
  readonly outcome: TransferOutcome;
  /** Unix milliseconds. */
  readonly at: number;
}

/** What a telephone proved by answering SNMP at its own address. */
export interface PhoneProof {
  readonly at: number;
  readonly extension: string;
  readonly model: string;
  readonly firmware?: string | undefined;
  readonly family?: string | undefined;
  readonly mac?: string | undefined;
}

/** What was learned of one telephone since it was written down last. */
export interface PhoneSighting {
  readonly address: string;
  readonly seenAt: number;
  readonly agent?: string | undefined;
  readonly claim?: PhoneClaim | undefined;
  readonly proof?: PhoneProof | undefined;
  readonly backupAt?: number | undefined;
  readonly files: readonly PhoneFile[];
}

/** A telephone as it is written down. Claims and proofs are kept apart. */
export interface KnownPhone {
  readonly address: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly agent: string | undefined;
  readonly claim: PhoneClaim;
  readonly proof: PhoneProof | undefined;
  readonly backupAt: number | undefined;
  /** Newest first. */
  readonly files: readonly PhoneFile[];
}

export interface PhoneTotals {
  readonly total: number;
  readonly today: number;
  /** Models of today, the most frequent first; of very many telephones those seen last count. */
  readonly models: readonly { readonly model: string; readonly phones: number }[];
}

const maxPhones = 100_000;
/** Rows that one call takes away at most: it stays short. */
const removedAtOnce = 1_000;
const filesPerPhone = 24;
/** Telephones whose models are counted: more would hold the event loop. */
const countedModels = 10_000;
const maxFirmware = 200;

/** The telephones that were seen. */
export class PhonesTable {
  readonly #journal: Journal;
  readonly #max: number;

  constructor(journal: Journal, max = maxPhones) {
    this.#journal = journal;
    this.#max = max;
  }

  /** All or nothing. */
  record(sightings: readonly PhoneSighting[]): void {
    this.#journal.transaction(() => {
      for (const sighting of sightings) this.#record(sighting);
    });
  }

  /** Give up the telephones that were seen longest ago. Returns true when there may be more to give up. */
  prune(): boolean {
    const surplus = this.count() - this.#max;
    if (surplus <= 0) return false;
    this.#journal.run(
      'delete from phones where address in (select address from phones order by last_seen limit ?)',
      Math.min(surplus, removedAtOnce),
    );
    return surplus > removedAtOnce;
  }

  /** Those seen last come first. */
  list(limit: number, offset: number): KnownPhone[] {
    return this.#journal.rows(
      // The inner one reads the index alone: what is left out costs next to nothing.
      `select * from phones where address in
         (select address from phones order by last_seen desc, address desc limit ? offset ?)
       order by last_seen desc, address desc`,
      [limit, offset],
      (row) => decodePhone(row, this.#filesOf(text(row, 'address'))),
    );
  }

  /** Those whose address, MAC, model, firmware, extension, User-Agent or maker holds `words`, those seen last first. */
  search(words: string, limit: number, offset: number): { total: number; phones: KnownPhone[] } {
    const pattern = `%${words.replace(/[\\%_]/g, '\\$&')}%`;
    const columns = ['address', 'mac', 'proven_mac', 'model', 'proven_model', 'firmware'];
    const others = ['proven_firmware', 'extension', 'agent', 'maker', 'proven_family'];
    const where = [...columns, ...others].map((name) => `${name} like ? escape '\\'`).join(' or ');
    const parameters = [...columns, ...others].map(() => pattern);
    const total = this.#number(`select count(*) as n from phones where ${where}`, ...parameters);
    const phones = this.#journal.rows(
      `select * from phones where ${where} order by last_seen desc, address desc limit ? offset ?`,
      [...parameters, limit, offset],
      (row) => decodePhone(row, this.#filesOf(text(row, 'address'))),
    );
    return { total, phones };
  }

  one(address: string): KnownPhone | undefined {
    return this.#journal.row('select * from phones where address = ?', [address], (row) =>
      decodePhone(row, this.#filesOf(address)),
    );
  }

  totals(since: number): PhoneTotals {
    const models = this.#journal.rows(
      `select name, count(*) as phones
         from (select coalesce(proven_model, model) as name from phones
                 where last_seen >= ? order by last_seen desc limit ?)
         where name is not null group by name order by phones desc, name limit 20`,
      [since, countedModels],
      (row) => ({ model: text(row, 'name'), phones: integer(row, 'phones') }),
    );
    const today = this.#number('select count(*) as n from phones where last_seen >= ?', since);
    return { total: this.count(), today, models };
  }

  /** What the telephones run that were seen since then (Unix milliseconds), as far as they told; the most frequent first. */
  firmware(since: number): { model: string; firmware: string; phones: number }[] {
    return this.#journal.rows(
      `select model, firmware, count(*) as phones
         from (select coalesce(proven_model, model, '?') as model, coalesce(proven_firmware, firmware) as firmware
                 from phones where last_seen >= ? order by last_seen desc limit ?)
         where firmware is not null group by model, firmware order by phones desc, model, firmware limit ?`,
      [since, countedModels, maxFirmware],
      (row) => ({
        model: text(row, 'model'),
        firmware: text(row, 'firmware'),
        phones: integer(row, 'phones'),
      }),
    );
  }

  count(): number {
    return this.#number('select count(*) as n from phones');
  }

  #number(sql: string, ...parameters: readonly (number | string)[]): number {
    return this.#journal.row(sql, parameters, (row) => integer(row, 'n')) ?? 0;
  }

  #record({ address, seenAt, agent, claim = {}, proof, backupAt, files }: PhoneSighting): void {
    this.#journal.run(
      `insert into phones (address, first_seen, last_seen, agent, maker, model, firmware, mac, backup_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict do update set last_seen = max(last_seen, excluded.last_seen),
         agent = coalesce(excluded.agent, agent), maker = coalesce(excluded.maker, maker),
         model = coalesce(excluded.model, model), firmware = coalesce(excluded.firmware, firmware),
         mac = coalesce(excluded.mac, mac), backup_at = coalesce(excluded.backup_at, backup_at)`,
      ...[address, seenAt, seenAt],
      ...[agent, claim.maker, claim.model, claim.firmware, claim.mac, backupAt].map(
        (value) => value ?? null,
      ),
    );
    if (proof !== undefined) this.#prove(address, proof);
    for (const { name, direction, outcome, at } of files) {
      this.#journal.run(
        `insert into phone_files (address, name, direction, outcome, at) values (?, ?, ?, ?, ?)
         on conflict do update set outcome = excluded.outcome, at = excluded.at`,
        ...[address, name, direction, outcome, at],
      );
    }
    if (files.length === 0) return;
    this.#journal.run(
      `delete from phone_files where address = ? and (name, direction) not in
         (select name, direction from phone_files where address = ? order by at desc limit ?)`,
      ...[address, address, filesPerPhone],
    );
  }

  /** A telephone that proves its MAC address and had another IP address before has moved; a claim moves nobody. */
  #prove(address: string, proof: PhoneProof): void {
    const { at, model, firmware, family, mac, extension } = proof;
    if (mac !== undefined) {
      const moved = 'delete from phones where proven_mac = ? and address <> ?';
      this.#journal.run(moved, mac, address);
    }
    this.#journal.run(
      `update phones set proven_at = ?, proven_model = ?, proven_firmware = ?, proven_family = ?, proven_mac = ?, extension = ?
         where address = ?`,
      ...[at, model, firmware ?? null, family ?? null, mac ?? null, extension, address],
    );
  }

  #filesOf(address: string): PhoneFile[] {
    return this.#journal.rows(
      'select * from phone_files where address = ? order by at desc, name',
      [address],
      (row) => ({
        name: text(row, 'name'),
        direction: wordOf(row, 'direction', ['download', 'upload', 'removal']),
        outcome: wordOf(row, 'outcome', ['done', 'failed', 'refused']),
        at: integer(row, 'at'),
      }),
    );
  }
}

function decodePhone(row: Row, files: readonly PhoneFile[]): KnownPhone {
  const provenAt = optionalInteger(row, 'proven_at');
  return {
    address: text(row, 'address'),
    firstSeen: integer(row, 'first_seen'),
    lastSeen: integer(row, 'last_seen'),
    agent: optionalText(row, 'agent'),
    claim: {
      maker: optionalText(row, 'maker'),
      model: optionalText(row, 'model'),
      firmware: optionalText(row, 'firmware'),
      mac: optionalText(row, 'mac'),
    },
    proof:
      provenAt === undefined
        ? undefined
        : {
            at: provenAt,
            extension: text(row, 'extension'),
            model: text(row, 'proven_model'),
            firmware: optionalText(row, 'proven_firmware'),
            family: optionalText(row, 'proven_family'),
            mac: optionalText(row, 'proven_mac'),
          },
    backupAt: optionalInteger(row, 'backup_at'),
    files,
  };
}

/** One of the words that the table's own check lets in. */
function wordOf<T extends string>(row: Row, column: string, words: readonly [T, ...T[]]): T {
  const found = text(row, column);
  return words.find((word) => word === found) ?? words[0];
}
