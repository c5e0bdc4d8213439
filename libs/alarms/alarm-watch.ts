import type { Audit } from '#libs/audit';
import { asBranchlineError, type ErrorCode } from '#libs/errors';
import {
  AlarmMutesTable,
  AlarmQueueTable,
  AlarmsTable,
  type AlarmRecord,
  type Journal,
} from '#libs/journal';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger, Metrics } from '#libs/observe';
import { Times, type AlarmDesk, type Status } from '#libs/pages';
import { AlarmBook, type Changes } from './alarm-book.ts';
import { AlarmOffice } from './alarm-office.ts';
import { AlarmTeller } from './alarm-teller.ts';
import { conditionNames } from './conditions.ts';
import { Courier, type CourierPatience } from './courier.ts';
import type { AlarmLimits, Facts, ReceiverTrouble, ScanFact } from './facts.ts';
import type { Receiver } from './receiver.ts';
import { readWatchdogReport } from './watchdog-report.ts';
import { MessageWriter } from './write-message.ts';

export interface AlarmWatchOptions {
  /** Name of this server. */
  readonly server: string;
  readonly journal: Journal;
  readonly status: () => Promise<Status>;
  /** Of the firmware scan. Null: none was made. Undefined: not known at this moment. */
  readonly scan: () => ScanFact | null | undefined;
  readonly limits: AlarmLimits;
  readonly receivers: readonly Receiver[];
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Audit;
  readonly metrics: Pick<Metrics, 'alarms'>;
  /** For the log and the status page alike. */
  readonly refused: (code: ErrorCode, sentence: string) => void;
  /** Milliseconds to the first look, and between two. */
  readonly firstLookMs?: number;
  readonly lookMs?: number;
  readonly patience?: CourierPatience;
}

const usual = { firstLookMs: 2_000, lookMs: 15_000 } as const;

/** Looks at the server's status, raises and ends alarms, and has every receiver told. */
export class AlarmWatch implements Service {
  readonly name = 'alarms';
  /** What the status port answers. */
  readonly desk: AlarmDesk;
  readonly #options: AlarmWatchOptions;
  readonly #table: AlarmsTable;
  readonly #queue: AlarmQueueTable;
  readonly #book: AlarmBook;
  readonly #teller: AlarmTeller;
  readonly #couriers: readonly Courier[];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;
  /** The last look failed: what was not written down was not raised. */
  #blind = false;

  constructor(options: AlarmWatchOptions) {
    this.#options = options;
    const { journal, receivers, clock, log, audit, patience } = options;
    this.#table = new AlarmsTable(journal);
    this.#queue = new AlarmQueueTable(journal);
    this.#book = new AlarmBook(this.#table);
    const mutes = new AlarmMutesTable(journal);
    const writer = new MessageWriter(options.server);
    const onDropped = (receiver: string, messages: number): void => {
      this.#dropped(receiver, messages);
    };
    this.#teller = new AlarmTeller({
      ...{ alarms: this.#table, mutes, queue: this.#queue, writer, onDropped },
      receivers: receivers.map(({ name }) => name),
    });
    this.#couriers = receivers.map(
      (receiver) =>
        new Courier({
          ...{ receiver, queue: this.#queue, clock, log, onDropped },
          ...(patience && { patience }),
        }),
    );
    this.desk = new AlarmOffice({
      ...{ journal, table: this.#table, mutes, writer, clock, audit, log },
      active: () => this.#book.active(),
      couriers: this.#couriers,
      teller: this.#teller,
      onChange: () => {
        this.#tell();
      },
    });
  }

  async start(): Promise<void> {
    const { receivers, log, firstLookMs = usual.firstLookMs } = this.#options;
    const stale = this.#queue.keepOnly(receivers.map(({ name }) => name));
    if (stale > 0)
      log.warn({ messages: stale }, 'messages for receivers of alarms that are no more');
    this.#open();
    this.#count();
    for (const courier of this.#couriers) await courier.start();
    this.#again(firstLookMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#couriers.map((courier) => courier.stop()));
  }

  /** One look at everything, at once; for tests, and after what somebody has just done. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  #again(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.look().finally(() => {
        this.#again(this.#options.lookMs ?? usual.lookMs);
      });
    }, ms);
  }

  /** Never throws: what cannot be looked at now is looked at the next time. */
  async #look(): Promise<void> {
    const { journal, clock, log } = this.#options;
    try {
      const facts = await this.#facts();
      if (this.#blind) this.#open();
      const changes = journal.transaction(() => this.#book.look(facts, clock.now()));
      this.#log(changes);
      this.#count();
      this.#tell();
      this.#blind = false;
    } catch (error) {
      if (!this.#blind) log.error({ err: asBranchlineError(error) }, 'alarms cannot be looked for');
      this.#blind = true;
    }
  }

  #open(): void {
    const { journal, clock } = this.#options;
    journal.transaction(() => {
      this.#book.open(clock.now());
    });
  }

  async #facts(): Promise<Facts> {
    const { status: ask, stateDir, limits, scan } = this.#options;
    const [status, watchdog] = await Promise.all([ask(), readWatchdogReport(stateDir)]);
    const times = new Times(status.server.clock);
    return { status, times, limits, watchdog, scan: scan(), receivers: this.#troubles() };
  }

  #troubles(): ReceiverTrouble[] {
    return this.#couriers.flatMap(({ receiver: { name }, record }) => {
      const { failingSince, lastError, waiting, dropped } = record;
      if (failingSince === undefined) return [];
      const since = new Date(failingSince).toISOString();
      return [{ name, failingSince: since, error: lastError ?? '', waiting, dropped }];
    });
  }

  #tell(): void {
    const { journal, clock, log, audit } = this.#options;
    const messages = journal.transaction(() => this.#teller.tell(this.#book.active(), clock.now()));
    for (const { event, text } of messages) {
      if (event !== 'mute-ended') continue;
      log.info({ mute: text }, 'mute over');
      audit.note([{ act: 'unmuted', by: 'its end', kind: 'alarm', name: text, result: 'done' }]);
    }
    for (const courier of this.#couriers) courier.wake();
  }

  #log({ raised, cleared }: Changes): void {
    const { log } = this.#options;
    const facts = ({ id, condition, about, severity, what }: AlarmRecord): object => ({
      ...{ alarm: id, condition, about, severity, what },
    });
    for (const alarm of raised) log.warn(facts(alarm), 'alarm raised');
    for (const alarm of cleared) log.info(facts(alarm), 'alarm over');
  }

  #count(): void {
    const byCondition = Map.groupBy(this.#book.active(), ({ condition }) => condition);
    this.#options.metrics.alarms(
      conditionNames.map((name) => [name, byCondition.get(name)?.length ?? 0] as const),
    );
  }

  #dropped(receiver: string, messages: number): void {
    this.#options.refused(
      'ALARMS_NOT_SENT',
      `${messages === 1 ? 'an alarm' : `${messages} alarms`} for the receiver ${receiver} had to be dropped: it takes none; check it with \`branchline alarms test ${receiver}\``,
    );
  }
}
