import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import type { ScanAsker, ScanRecord, ScansTable, ScanState } from '#libs/journal';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { SnmpReader } from '#libs/snmp';
import { addressNumber, type AddressRange } from '#libs/phones';
import { OfferedFirmware, type OfferedFirmwareOptions } from './offered-firmware.ts';
import { phoneRow } from './phone-row.ts';
import type { SettingsObjects } from './phone-question.ts';
import { runScan } from './scan-run.ts';
import type { ScanFolder } from './scan-folder.ts';
import { ScanTally, summaryText } from './scan-summary.ts';
import { ScanTargets } from './scan-targets.ts';
import { scanView, type ScanView } from './scan-view.ts';
import type { ScannedPhone } from './scanned-phone.ts';

export interface ScansOptions extends OfferedFirmwareOptions {
  readonly table: ScansTable;
  readonly folder: ScanFolder;
  /** Name of this server, for its reports. */
  readonly server: string;
  /** A reader for one scan; not started. */
  readonly newReader: () => SnmpReader;
  readonly objects: SettingsObjects;
  /** Addresses of one scan; Guide p. 42: 1000 when nobody says. */
  readonly maxCount: number;
  readonly atOnce: number;
  readonly perSecond: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Answers are written down when so many have come, or so much time has passed since the last. */
const batchRows = 250;
const batchMs = 500;

interface Current {
  record: ScanRecord;
  readonly tally: ScanTally;
  readonly stop: AbortController;
  ended: Promise<ScanView>;
}

/** The scans of telephone firmware of this server, one at a time. */
export class Scans implements Service {
  readonly name = 'scans';
  readonly #options: ScansOptions;
  #current: Current | undefined;

  constructor(options: ScansOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { table, folder, clock, log } = this.#options;
    table.closeInterrupted(clock.now());
    try {
      await folder.prepare();
    } catch (error) {
      // A folder that cannot be written to keeps nobody's telephones waiting; a scan says so again.
      const { code, message } = asBranchlineError(error);
      log.warn({ code, reason: message }, 'the folder of scans cannot be used');
    }
  }

  /** What the scan that is on has learned is kept. */
  async stop(): Promise<void> {
    this.#current?.stop.abort();
    await this.#current?.ended;
  }

  /**
   * Begin one. At most `max` addresses are asked, and never more than the settings allow.
   * @throws BranchlineError ALREADY_RUNNING, SCAN_RANGE_INVALID or SCAN_TOO_LARGE.
   */
  begin(ranges: readonly AddressRange[], askedBy: ScanAsker, max = Infinity): ScanView {
    const { table, clock, maxCount } = this.#options;
    if (this.#current !== undefined) {
      throw new BranchlineError('ALREADY_RUNNING', 'a scan is on: wait for its end, or cancel it');
    }
    const targets = new ScanTargets(ranges, Math.min(max, maxCount));
    const tally = new ScanTally(targets.count);
    const record: ScanRecord = {
      id: randomUUID(),
      startedAt: clock.now(),
      endedAt: undefined,
      state: 'running',
      askedBy,
      ranges: targets.text,
      addresses: targets.count,
      summary: JSON.stringify(tally.summary),
      files: undefined,
      code: undefined,
      message: undefined,
    };
    table.save(record);
    const stop = new AbortController();
    const current: Current = { record, tally, stop, ended: Promise.resolve(scanView(record)) };
    this.#current = current;
    current.ended = this.#work(current, targets);
    return this.#viewOf(current);
  }

  /** True when that scan was on; it ends soon, and keeps what it has. */
  cancel(id: string): boolean {
    if (this.#current?.record.id !== id) return false;
    this.#current.stop.abort();
    return true;
  }

  /** The scan that is on. */
  current(): ScanView | undefined {
    return this.#current && this.#viewOf(this.#current);
  }

  /** A scan that is on or is remembered. */
  find(id: string): ScanView | undefined {
    if (this.#current?.record.id === id) return this.#viewOf(this.#current);
    const record = this.#options.table.find(id);
    return record && scanView(record);
  }

  /** Resolves with the end of the scan that is on, at once when none is. */
  async settled(): Promise<ScanView | undefined> {
    return await this.#current?.ended;
  }

  #viewOf({ record, tally }: Current): ScanView {
    return scanView({ ...record, summary: JSON.stringify(tally.summary) });
  }

  async #work(current: Current, targets: ScanTargets): Promise<ScanView> {
    const phones: ScannedPhone[] = [];
    // Whoever began it gets an answer before the first question goes out.
    await Promise.resolve();
    let failure: BranchlineError | undefined;
    try {
      await this.#ask(current, targets, phones);
    } catch (error) {
      failure = asBranchlineError(error);
    }
    const state = failure !== undefined ? 'failed' : endState(current, targets);
    await this.#end(current, state, phones, failure);
    this.#current = undefined;
    return scanView(current.record);
  }

  async #ask(current: Current, targets: ScanTargets, phones: ScannedPhone[]): Promise<void> {
    const { newReader, objects, delivery, trees, atOnce, perSecond } = this.#options;
    let written = 0;
    let writtenAt = performance.now();
    const write = (): void => {
      written += this.#write(current, phones.slice(written, written + batchRows));
      writtenAt = performance.now();
    };
    const run = {
      reader: newReader(),
      offered: new OfferedFirmware({ delivery, trees }),
      onPhone: (phone: ScannedPhone): void => {
        current.tally.add(phone);
        phones.push(phone);
        const waiting = phones.length - written;
        if (waiting >= batchRows || performance.now() - writtenAt >= batchMs) write();
      },
    };
    try {
      await runScan({ ...run, targets, objects, atOnce, perSecond }, current.stop.signal);
    } finally {
      while (written < phones.length) {
        write();
        await nextTurn();
      }
    }
  }

  #write({ record, tally }: Current, phones: readonly ScannedPhone[]): number {
    this.#options.table.add(record.id, phones.map(phoneRow), JSON.stringify(tally.summary));
    return phones.length;
  }

  async #end(
    current: Current,
    state: ScanState,
    phones: readonly ScannedPhone[],
    failure: BranchlineError | undefined,
  ): Promise<void> {
    const { table, folder, server, clock, log } = this.#options;
    const { tally } = current;
    const { id, startedAt, ranges } = current.record;
    const { summary } = tally;
    let trouble = failure;
    const endedAt = clock.now();
    let files: string | undefined;
    try {
      const inOrder = phones
        .map((phone) => ({ phone, place: addressNumber(phone.address) }))
        .sort((a, b) => a.place - b.place)
        .map(({ phone }) => phone);
      const head = { id, server, state, ranges, startedAt, endedAt, summary };
      files = await folder.write(head, inOrder);
    } catch (error) {
      trouble ??= asBranchlineError(error);
    }
    const { code, message } = trouble ?? {};
    // Only now: who sees that it has ended finds its files.
    const ended = { state, endedAt, summary: JSON.stringify(summary), files, code, message };
    current.record = { ...current.record, ...ended };
    try {
      table.save(current.record);
      while (table.prune()) await nextTurn();
    } catch (error) {
      log.error({ err: error, scan: id }, 'scan not recorded');
    }
    const { asked, behind, failedLoads, silent } = summary;
    const facts = { scan: id, state, code, reason: message, asked, behind, failedLoads, silent };
    const line = { ...facts, ms: endedAt - startedAt, result: summaryText(summary) };
    if (trouble === undefined) log.info(line, 'scan ended');
    else log.warn(line, 'scan ended');
  }
}

/** One that was cancelled after its last answer is whole nevertheless. */
const endState = ({ stop, tally }: Current, targets: ScanTargets): ScanState =>
  stop.signal.aborted && tally.summary.asked < targets.count ? 'cancelled' : 'done';
