import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dice } from '../faults/dice.ts';
import { ImportingApplication } from '../faults/importing-application.ts';
import { SwitchRecords } from '../faults/switch-records.ts';
import type { Machine } from '../support/network.ts';
import { on } from '../support/pair-site.ts';
import { Administrator } from './administrator.ts';
import { BothSides } from './both-sides.ts';
import { CallLines } from './call-lines.ts';
import { longLives, spreadOf, type Life, type Spread } from './figures.ts';
import { Handset, PhoneTally } from './handset.ts';
import { judgePair } from './pair-oracle.ts';
import { pairPlan, type PairFault } from './pair-plan.ts';
import { buildPairWorld, probeName, type PairWorld, type Place } from './pair-world.ts';
import type { Mark } from './plot.ts';
import { Prober } from './prober.ts';
import { PublishedFiles } from './published-files.ts';
import { Samples, type Sample } from './samples.ts';
import { Strikes } from './strikes.ts';

export interface SoakPairOptions {
  readonly root: string;
  readonly machines: readonly Machine[];
  readonly seed: number;
  readonly faults: number;
  /** From one fault to the next, milliseconds. */
  readonly everyMs: number;
  readonly phones: number;
  /** The kind of fault to try alone; '' for all. */
  readonly only: string;
  readonly say: (line: string) => void;
  /** Told now and then, and at the end. */
  readonly onFigures: (report: SoakPairReport) => Promise<void>;
}

/** What a run has shown. */
export interface SoakPairReport {
  readonly seed: number;
  readonly minutes: number;
  readonly phones: number;
  readonly faultsOf: Readonly<Record<string, number>>;
  /** Longest time in which nobody got an answer at the shared address, for each kind of fault, ms. */
  readonly outageMs: Readonly<Record<string, Spread>>;
  /** From the end of a fault until everything is as it was, ms. */
  readonly healedMs: Spread;
  readonly downloads: number;
  readonly resumed: number;
  readonly saves: number;
  readonly savesNotAcknowledged: number;
  readonly readBack: number;
  readonly olderInSplit: number;
  readonly calls: number;
  readonly callsLostInKernels: number;
  readonly recordFiles: number;
  readonly splitsWithBothVersions: number;
  readonly updates: number;
  readonly updateAtPairS: Spread;
  readonly updateEverywhereS: Spread;
  readonly restS: number;
  readonly longLives: readonly Life[];
  /** Of the machine, over one minute each; whatever else runs there is in it. */
  readonly load: Spread;
  /** Processor time of all servers; without the telephones. */
  readonly cpuSeconds: number;
  /** Empty when all is well. */
  readonly faults: readonly string[];
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
}

/** Longest silence at the shared address; longest until all is well after a fault; longest until everything has arrived. */
const [outageBoundMs, healBoundMs, restBoundMs] = [5_000, 25_000, 180_000];

export async function soakPair(options: SoakPairOptions): Promise<SoakPairReport> {
  await mkdir(options.root, { recursive: true });
  const world = await buildPairWorld(options.root, options.machines);
  try {
    return await new SoakPair(world, options).run();
  } finally {
    for (const { victim } of world.places) {
      victim.goOn();
      await victim.kill();
    }
    for (const { keepalived } of world.pair) await keepalived.remove();
  }
}

class SoakPair {
  readonly #world: PairWorld;
  readonly #options: SoakPairOptions;
  readonly #faults: string[] = [];
  readonly #tally = new PhoneTally();
  readonly #published: ReadonlyMap<Place, PublishedFiles>;
  readonly #shared = new PublishedFiles();
  readonly #handsets: { readonly phone: Handset; readonly branch: Place | undefined }[];
  readonly #lines: ReadonlyMap<Place, CallLines>;
  readonly #records: readonly SwitchRecords[];
  readonly #applications: readonly ImportingApplication[];
  readonly #administrator: Administrator;
  readonly #bothSides: BothSides;
  readonly #prober: Prober;
  readonly #samples: Samples;
  readonly #strikes: Strikes;
  readonly #outages = new Map<string, number[]>();
  readonly #healed: number[] = [];
  readonly #counts: Record<string, number> = {};
  readonly #marks: Mark[] = [];
  readonly #going = new AbortController();
  readonly #began = performance.now();
  /** Until then both of the pair may have been at work without each other. */
  #apartUntil = 0;

  constructor(world: PairWorld, options: SoakPairOptions) {
    this.#world = world;
    this.#options = options;
    const { seed, phones } = options;
    this.#published = new Map(world.places.map((place) => [place, new PublishedFiles()]));
    this.#lines = new Map(
      world.branches.map((place) => {
        const { name, machine } = place.site;
        return [place, new CallLines(name, machine.address)];
      }),
    );
    this.#records = world.branches.map(({ site, plan }, n) => {
      const { cdr, bcms } = plan.folders.records;
      const folders = { cdr: cdr.collected, bcms: bcms.collected };
      return new SwitchRecords(site.name, folders, new Dice(seed + n));
    });
    this.#applications = world.pair.map(({ plan }) => {
      const { cdr, bcms } = plan.folders.records;
      return new ImportingApplication({ cdr: cdr.inbox, bcms: bcms.inbox }, (kind, bytes) => {
        if (kind === 'cdr') this.#readCalls(bytes);
      });
    });
    this.#administrator = new Administrator({
      ...{ world, dice: new Dice(seed + 77), published: this.#published, shared: this.#shared },
    });
    this.#bothSides = new BothSides(world, new Dice(seed + 78));
    this.#prober = new Prober(`http://${world.shared}/${probeName}`);
    this.#samples = new Samples(world.places);
    this.#strikes = new Strikes(world, (place) => this.#lines.get(place)?.killed(), this.#faults);
    this.#handsets = Array.from({ length: phones }, (_, n) => this.#handset(n));
  }

  async run(): Promise<SoakPairReport> {
    const { say, seed, faults, everyMs } = this.#options;
    const { places, pair } = this.#world;
    for (const { victim } of places) victim.start();
    for (const { keepalived } of pair) keepalived.start();
    await this.#administrator.place('settings');
    await this.#administrator.place('firmware');
    const { signal } = this.#going;
    const asking = this.#prober.run(signal);
    const seeing = this.#administrator.watch(signal);
    if (!(await this.#whole(60_000))) throw new Error(`it did not come up: ${await this.#state()}`);
    const placed = performance.now() + 60_000;
    while (this.#administrator.waiting.length > 0 && performance.now() < placed) await sleep(200);
    this.#faults.push(...this.#administrator.waiting);
    say('all servers are up; telephones, switches and administrators begin');
    const restMs = Math.max(4_000, Math.min(20_000, everyMs / 2));
    const life = [
      ...this.#handsets.map(({ phone }) => phone.live(signal, restMs)),
      ...[...this.#lines.values()].map((lines) => lines.run(signal, 500)),
      ...this.#records.map((writer) => this.#write(writer, everyMs / 3)),
      ...[this.#import(), this.#resurrect(), asking, seeing],
      ...[this.#administrator.work(signal, everyMs / 1.5), this.#samples.run(signal, 10_000)],
    ];
    const { only } = this.#options;
    const plan = pairPlan({ seed, faults, branches: this.#world.branches.length, only });
    for (const [n, fault] of plan.entries()) {
      await this.#strike(fault, n, plan.length);
    }
    say('all faults are done; coming to rest');
    const rested = performance.now();
    this.#going.abort();
    await Promise.all(life);
    await this.#rest();
    const restS = Math.round((performance.now() - rested) / 1_000);
    const atBranches = new Map(
      this.#world.branches.map((place) => [
        place,
        this.#handsets.filter(({ branch }) => branch === place).flatMap(({ phone }) => phone.saved),
      ]),
    );
    const roaming = this.#handsets.filter(({ branch }) => branch === undefined);
    const atPair = [...roaming.flatMap(({ phone }) => phone.saved), ...this.#bothSides.saved];
    this.#faults.push(...(await judgePair(this.#world, { atPair, atBranches })));
    for (const lines of this.#lines.values()) this.#faults.push(...lines.judge());
    this.#judgeFiles();
    return { ...this.#figures(), restS };
  }

  /** What has been shown so far. */
  #figures(): SoakPairReport {
    const { seed, phones } = this.#options;
    const tally = this.#tally;
    const sum = (all: Iterable<number>): number => [...all].reduce((a, b) => a + b, 0);
    return {
      ...{ seed, minutes: Math.round((performance.now() - this.#began) / 6_000) / 10, phones },
      faultsOf: this.#counts,
      outageMs: Object.fromEntries([...this.#outages].map(([kind, all]) => [kind, spreadOf(all)])),
      healedMs: spreadOf(this.#healed),
      ...{ downloads: tally.downloads, resumed: tally.resumed, saves: tally.saves },
      savesNotAcknowledged: tally.refused,
      ...{ readBack: tally.readBack, olderInSplit: tally.older },
      calls: sum([...this.#lines.values()].map(({ sent }) => sent)),
      callsLostInKernels: sum([...this.#lines.values()].map(({ lostInKernel }) => lostInKernel)),
      recordFiles: sum(this.#records.map(({ closed }) => closed.length)),
      splitsWithBothVersions: this.#bothSides.both,
      updates: this.#administrator.updates,
      updateAtPairS: spreadOf(this.#administrator.atPairS, 1),
      updateEverywhereS: spreadOf(this.#administrator.everywhereS, 1),
      ...{ restS: 0, longLives: longLives(this.#samples.all) },
      load: spreadOf(this.#samples.loads, 1),
      cpuSeconds: Math.round(this.#samples.cpuSeconds),
      faults: [...new Set([...this.#faults, ...tally.faults])],
      ...{ samples: this.#samples.all, marks: this.#marks },
    };
  }

  /** One fault, until its turn is over. */
  async #strike(fault: PairFault, n: number, of: number): Promise<void> {
    const { say, everyMs } = this.#options;
    const next = performance.now() + everyMs;
    // One branch lives from beginning to end, and one of the pair from the second third on.
    const { pair, branches } = this.#world;
    const spared = [...branches.slice(-1), ...(n >= of / 3 ? pair.slice(0, 1) : [])];
    const aim = await this.#strikes.aim(fault, spared);
    const { kind, place, ofPair } = aim;
    const where = kind === 'split' ? 'the pair' : place.site.name;
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1;
    const seconds = Math.round((performance.now() - this.#began) / 1_000);
    this.#marks.push({ seconds, kind: `${kind}: ${where}` });
    const apart = kind === 'split' || kind === 'hung machine';
    if (apart) this.#apartUntil = Infinity;
    const from = performance.now();
    const both = kind === 'split' ? this.#bothSides.save() : undefined;
    await this.#strikes.strike(aim);
    await both;
    const ended = performance.now();
    if (!(await this.#whole(healBoundMs))) {
      const fault = `not healed after ${kind} of ${where}: ${await this.#state()}`;
      this.#faults.push(fault);
      say(fault);
    }
    const healed = performance.now() - ended;
    this.#healed.push(healed);
    if (apart) this.#apartUntil = performance.now() + 10_000;
    await sleep(Math.max(0, next - performance.now()));
    // Until the next fault: what goes wrong late belongs to this one, too.
    const outage = this.#prober.longestSilence(from);
    if (ofPair !== undefined) this.#outages.set(kind, [...(this.#outages.get(kind) ?? []), outage]);
    if (outage >= outageBoundMs)
      this.#faults.push(`${Math.round(outage)} ms without an answer: ${kind} of ${where}`);
    say(
      `${n + 1}/${of} ${kind} of ${where} for ${Math.round(ended - from)} ms: ` +
        `${Math.round(outage)} ms without an answer, well again after ${Math.round(healed)} ms`,
    );
    this.#prober.forget(performance.now() - 10_000);
    if (n % 10 === 9) await this.#options.onFigures(this.#figures());
  }

  /** Every server answers, and one of the pair has the address. */
  async #whole(limitMs: number): Promise<boolean> {
    const until = performance.now() + limitMs;
    while ((await this.#state()) !== '') {
      if (performance.now() > until) return false;
      await sleep(100);
    }
    return true;
  }

  /** What is not as it should be. */
  async #state(): Promise<string> {
    const { pair, places } = this.#world;
    const holding = await Promise.all(pair.map(({ keepalived }) => keepalived.holdsAddress()));
    const holders = holding.filter(Boolean).length;
    const wrong = holders === 1 ? [] : [`${holders} have the address`];
    if (this.#prober.silentMs > 500) wrong.push('the shared address does not answer');
    const answers = places.map(async ({ site, victim }) => {
      const url = `http://${site.machine.address}:6090/healthz`;
      const well = await fetch(url, { signal: AbortSignal.timeout(1_000) })
        .then((answer) => answer.ok)
        .catch(() => false);
      if (!well || !victim.ready) wrong.push(`${site.name} does not answer`);
    });
    await Promise.all(answers);
    return wrong.join(', ');
  }

  /** Nothing new is made, and what there is arrives. */
  async #rest(): Promise<void> {
    const { places } = this.#world;
    for (const { victim } of places) victim.start();
    for (const lines of this.#lines.values())
      if (!(await lines.finish(30_000)))
        this.#faults.push('a switch keeps calls that nobody takes');
    const until = performance.now() + restBoundMs;
    let problems: string[];
    do {
      await sleep(2_000);
      await Promise.all(this.#world.branches.map(({ site }) => on(site, 'sync').catch(() => '')));
      for (const application of this.#applications) await application.look();
      await this.#administrator.look();
      problems = [...this.#administrator.waiting, ...this.#missing()];
    } while (problems.length > 0 && performance.now() < until);
    // What was told last goes over the link of the pair.
    await sleep(5_000);
    for (const { victim } of places) {
      const code = await victim.stop();
      if (code !== 0) this.#faults.push(`${victim.name} ended with ${String(code)} at SIGTERM`);
    }
    for (const application of this.#applications) await application.look();
    this.#faults.push(...this.#administrator.waiting);
  }

  #missing(): string[] {
    const came = new Set(
      this.#applications.flatMap(({ imported }) => imported.map(({ sha256 }) => sha256)),
    );
    const files = this.#records.flatMap(({ closed }) => closed);
    const missing = files.filter(({ sha256 }) => !came.has(sha256));
    const calls = [...this.#lines.values()].flatMap((lines) => lines.missing);
    return [...missing.map(({ name }) => `${name} has not come`), ...calls];
  }

  /** Each closed file of records is at the collector once. */
  #judgeFiles(): void {
    const times = new Map<string, number>();
    for (const { imported } of this.#applications)
      for (const { sha256 } of imported) times.set(sha256, (times.get(sha256) ?? 0) + 1);
    for (const { name, branch, sha256 } of this.#records.flatMap(({ closed }) => closed)) {
      const count = times.get(sha256) ?? 0;
      if (count !== 1)
        this.#faults.push(`${name} of ${branch} came to the collector ${count} times`);
    }
  }

  #readCalls(bytes: Buffer): void {
    // The other files are bytes of chance.
    const branch = this.#world.branches.find(({ site }) =>
      bytes.subarray(0, site.name.length + 1).equals(Buffer.from(`${site.name} `)),
    );
    if (branch === undefined) return;
    for (const line of bytes.toString('latin1').split('\r\n'))
      if (line !== '') this.#lines.get(branch)?.took(line);
  }

  async #write(writer: SwitchRecords, everyMs: number): Promise<void> {
    const { signal } = this.#going;
    while (!signal.aborted) {
      await writer.write();
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #import(): Promise<void> {
    const { signal } = this.#going;
    while (!signal.aborted) {
      for (const application of this.#applications) await application.look();
      await sleep(500, undefined, { signal }).catch(() => undefined);
    }
  }

  /** A service manager: who has ended by himself comes again. */
  async #resurrect(): Promise<void> {
    const { signal } = this.#going;
    while (!signal.aborted) {
      for (const { victim } of this.#world.places) {
        for (const why of victim.deaths.splice(0)) {
          this.#faults.push(`${victim.name} died: ${why}`);
          victim.start();
        }
      }
      await sleep(2_000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Three of five at the shared address, the others at the branches. */
  #handset(n: number): { phone: Handset; branch: Place | undefined } {
    const { world, seed } = { world: this.#world, seed: this.#options.seed };
    const branch = n % 5 < 3 ? undefined : world.branches[n % world.branches.length];
    const phone = new Handset(
      {
        number: 1_000 + n,
        host: branch?.site.machine.address ?? world.shared,
        from: phoneAddress(n),
        published: (branch && this.#published.get(branch)) ?? this.#shared,
        dice: new Dice(seed * 1_000 + n),
        mayBeOlder: () => branch === undefined && performance.now() < this.#apartUntil,
      },
      this.#tally,
    );
    return { phone, branch };
  }
}

/** Of so many that one network has for telephones; two share one. */
export const phoneAddresses = Array.from({ length: 140 }, (_, n) => `192.0.2.${110 + n}`);
const phoneAddress = (n: number): string => phoneAddresses[n % phoneAddresses.length] ?? '';
