import { setTimeout as sleep } from 'node:timers/promises';
import { ServerClient } from '../../apps/server/server-client.ts';
import { Dice } from './dice.ts';
import { faultPlan, type Fault } from './fault-plan.ts';
import { ImportingApplication } from './importing-application.ts';
import { Moments, type Phase } from './moments.ts';
import { judge } from './oracle.ts';
import { SwitchRecords } from './switch-records.ts';
import { Telephone } from './telephone.ts';
import type { Role } from './victim.ts';
import { buildWorld, fillDisk, type BranchPlace, type Place, type World } from './world.ts';

export interface SoakOptions {
  readonly seed: number;
  readonly kills: number;
  readonly branches?: readonly string[];
  readonly say?: (line: string) => void;
}

/** What a run has shown. */
export interface SoakReport {
  readonly seed: number;
  readonly kills: number;
  readonly byVictim: Readonly<Record<string, number>>;
  /** Kills that hit the moment they were aimed at. */
  readonly byPhase: Readonly<Record<string, number>>;
  readonly otherFaults: Readonly<Record<string, number>>;
  readonly skipped: readonly string[];
  readonly records: number;
  readonly recordBytes: number;
  readonly backups: number;
  readonly backupBytes: number;
  /** Bytes that went up over the lines, TLS and repeats included. */
  readonly bytesUp: number;
  readonly seconds: number;
  /** Empty when nothing was lost and nothing came twice. */
  readonly faults: readonly string[];
  /** The logs of all servers, and all that they hold; kept when there are faults. */
  readonly folder: string;
}

const momentMs = 1_500;
const quietMs = 180_000;

/** Kill, cut, fill and turn clocks by a plan while telephones save and switches write; then let it come to rest, and judge. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seed, kills, branches = ['lisbon', 'porto'] } = options;
  const moments = new Moments();
  const world = await buildWorld(branches, moments);
  const run = new Soak(world, moments, options);
  let keep = true;
  try {
    const report = await run.run(faultPlan({ seed, kills, branches: branches.length }));
    keep = report.faults.length > 0;
    return report;
  } finally {
    moments.close();
    for (const { victim } of world.places) await victim.kill();
    await world.remove(keep);
  }
}

class Soak {
  readonly #world: World;
  readonly #moments: Moments;
  readonly #options: SoakOptions;
  readonly #dice: Dice;
  readonly #telephones = new Map<string, Telephone>();
  readonly #switches = new Map<string, SwitchRecords>();
  readonly #application: ImportingApplication;
  readonly #byPhase: Record<string, number> = {};
  readonly #byVictim: Record<string, number> = {};
  readonly #other: Record<string, number> = {};
  readonly #skipped = new Set<string>();
  readonly #faults: string[] = [];
  readonly #aside = new Set<Promise<void>>();
  #going = true;
  #kills = 0;
  #diskFull = false;

  constructor(world: World, moments: Moments, options: SoakOptions) {
    this.#world = world;
    this.#moments = moments;
    this.#options = options;
    this.#dice = new Dice(options.seed ^ 0x5bd1e995);
    const { records } = world.hub.plan.folders;
    this.#application = new ImportingApplication({
      cdr: records.cdr.inbox,
      bcms: records.bcms.inbox,
    });
    world.branches.forEach(({ site, plan, ftpPort }, n) => {
      const dice = new Dice(options.seed + 1000 * (n + 1));
      const { httpPort } = site;
      this.#telephones.set(site.name, new Telephone({ digit: n + 2, httpPort, ftpPort, dice }));
      const { cdr, bcms } = plan.folders.records;
      const folders = { cdr: cdr.collected, bcms: bcms.collected };
      this.#switches.set(
        site.name,
        new SwitchRecords(site.name, folders, new Dice(options.seed + n)),
      );
    });
  }

  async run(plan: readonly Fault[]): Promise<SoakReport> {
    const { seed, say = () => undefined } = this.#options;
    const begun = performance.now();
    for (const { victim } of this.#world.places) victim.start();
    const life = [
      ...this.#world.branches.flatMap((branch) => [this.#save(branch), this.#sync(branch)]),
      ...[...this.#switches.values()].map((writer) => this.#write(writer)),
      this.#import(),
      this.#resurrect(),
      this.#roam(),
    ];
    for (const [n, fault] of plan.entries()) {
      await this.#strike(fault);
      if (n % 25 === 24) say(`${n + 1} of ${plan.length} faults, ${this.#kills} kills`);
    }
    await Promise.all(this.#aside);
    say('all faults are done; coming to rest');
    await this.#rest(life);
    const saved = new Map([...this.#telephones].map(([name, each]) => [name, each.saved]));
    const records = [...this.#switches.values()].flatMap(({ closed }) => closed);
    const { imported } = this.#application;
    this.#faults.push(...(await judge(this.#world, { records, imported, saved })));
    const attempts = [...this.#telephones.values()].flatMap((each) =>
      each.saved.flatMap((name) => name.attempts),
    );
    return {
      ...{ seed, kills: this.#kills, byVictim: this.#byVictim, byPhase: this.#byPhase },
      ...{ otherFaults: this.#other, skipped: [...this.#skipped], faults: this.#faults },
      records: records.length,
      recordBytes: records.reduce((sum, { bytes }) => sum + bytes, 0),
      backups: attempts.filter(({ acknowledged }) => acknowledged).length,
      backupBytes: [...this.#telephones.values()].reduce((sum, { bytes }) => sum + bytes, 0),
      bytesUp: this.#world.branches.reduce(
        (sum, { links }) => sum + links.hub.up + links.spare.up,
        0,
      ),
      seconds: Math.round((performance.now() - begun) / 1_000),
      folder: this.#world.root,
    };
  }

  /** One fault of the plan. */
  async #strike(fault: Fault): Promise<void> {
    if (fault.kind === 'kill') {
      await this.#kill(fault);
      return;
    }
    this.#count(this.#other, fault.kind);
    switch (fault.kind) {
      case 'cut':
        this.#branch(fault.branch).links[fault.hub].cut();
        return;
      case 'freeze':
      case 'slow': {
        const link = this.#branch(fault.branch).links.hub;
        if (fault.kind === 'freeze') link.freeze();
        else link.slowDown(40);
        this.#alongside(
          sleep(fault.forMs).then(() => {
            link.heal();
          }),
        );
        return;
      }
      case 'full disk':
        if (!this.#world.smallDisk) this.#skipped.add('full disk (needs root)');
        else if (!this.#diskFull) {
          this.#diskFull = true;
          const { folder } = this.#world.hub.site;
          this.#alongside(
            fillDisk(folder, fault.forMs).then(() => {
              this.#diskFull = false;
            }),
          );
        }
        return;
      case 'clock': {
        const { setClock } = this.#place(fault.role, fault.branch);
        if (setClock === undefined) this.#skipped.add('clock (needs libfaketime)');
        else await setClock(fault.bySeconds);
      }
    }
  }

  async #kill(fault: Fault & { kind: 'kill' }): Promise<void> {
    const { victim } = this.#place(fault.role, fault.branch);
    if (fault.phase === 'start') victim.start();
    else await victim.becomesReady(15_000);
    let killed: Promise<boolean> | undefined;
    const strike = (): void => {
      killed = victim.kill();
    };
    const hit = await this.#await(fault.phase, fault.delayMs, strike);
    if (killed === undefined) {
      await sleep(fault.delayMs);
      strike();
    }
    if (!(await (killed ?? Promise.resolve(false)))) return;
    this.#kills += 1;
    this.#count(this.#byPhase, hit ? fault.phase : 'any');
    this.#count(this.#byVictim, victim.name);
    this.#alongside(
      sleep(fault.awayMs).then(() => {
        victim.start();
      }),
    );
  }

  /** True when the moment came, and `strike` was called in it or so many milliseconds after it. */
  async #await(phase: Phase, delayMs: number, strike: () => void): Promise<boolean> {
    if (phase === 'any') return false;
    if (phase === 'start') {
      await sleep(delayMs);
      strike();
      return true;
    }
    return await this.#moments.at(
      phase,
      momentMs,
      () => true,
      () => {
        if (delayMs === 0) strike();
      },
    );
  }

  async #save(branch: BranchPlace): Promise<void> {
    const telephone = this.#telephones.get(branch.site.name);
    while (this.#going) {
      await sleep(this.#dice.whole(20, 250));
      if (!branch.victim.ready) continue;
      await telephone?.save();
      const wrong = this.#dice.chance(0.3) ? await telephone?.check() : undefined;
      if (wrong !== undefined) this.#faults.push(`${branch.site.name}: ${wrong}`);
    }
  }

  async #write(writer: SwitchRecords): Promise<void> {
    while (this.#going) {
      await sleep(this.#dice.whole(40, 400));
      await writer.write();
    }
  }

  /** A user who has saved at one branch logs in at another. */
  async #roam(): Promise<void> {
    const [home, ...others] = this.#world.branches;
    const [away] = others;
    if (home === undefined || away === undefined) return;
    const theirs = this.#telephones.get(home.site.name);
    const telephone = this.#telephones.get(away.site.name);
    while (this.#going) {
      await sleep(this.#dice.whole(40, 200));
      const known = theirs?.saved
        .filter(({ name, attempts }) => name.startsWith('HTTP') && attempts.length > 1)
        .slice(-12);
      const [first, ...more] = known ?? [];
      if (first === undefined || !away.victim.ready) continue;
      const { name, attempts } = this.#dice.pick([first, ...more]);
      const got = await telephone?.fetch(name.slice('HTTPbackup/'.length));
      if (got !== undefined && !attempts.some(({ sha256 }) => sha256 === got)) {
        this.#faults.push(`${name} came to ${away.site.name} with bytes that nobody saved`);
      }
    }
  }

  async #sync({ plan, victim }: BranchPlace): Promise<void> {
    while (this.#going) {
      await sleep(this.#dice.whole(100, 400));
      if (!victim.ready) continue;
      const client = await ServerClient.open(plan);
      for (const what of ['cdr', 'backup', 'bcms']) await client.sync(what).catch(() => undefined);
    }
  }

  async #import(): Promise<void> {
    while (this.#going) {
      await this.#application.look();
      await sleep(50);
    }
  }

  /** A service manager: who has ended by himself comes again. */
  async #resurrect(): Promise<void> {
    while (this.#going) {
      await sleep(2_000);
      for (const { victim } of this.#world.places) {
        if (victim.deaths.length === 0) continue;
        const died = victim.deaths.splice(0);
        for (const why of died) {
          // While it was down, some program of this machine was given its port: a machine's fault, not ours.
          if (why.includes('[LISTEN_FAILED]')) this.#count(this.#other, 'port taken');
          else if (!this.#diskFull) this.#faults.push(`${victim.name} died: ${why}`);
        }
        victim.start();
      }
    }
  }

  /** Everybody comes up again, nothing new is made, and what there is arrives. */
  async #rest(life: readonly Promise<void>[]): Promise<void> {
    this.#going = false;
    await Promise.all(life);
    for (const { victim, setClock } of this.#world.places) {
      await setClock?.(0);
      victim.start();
    }
    for (const { links } of this.#world.branches)
      for (const link of Object.values(links)) link.heal();
    for (const { victim } of this.#world.places) {
      if (!(await victim.becomesReady(60_000))) this.#faults.push(`${victim.name} does not start`);
    }
    // What was saved last has to stand still for a moment before it goes up.
    await sleep(2_500);
    const until = performance.now() + quietMs;
    let problems: string[] = [];
    do {
      problems = [];
      for (const branch of this.#world.branches) problems.push(...(await this.#syncAll(branch)));
      await this.#application.look();
      const missing = this.#missing();
      if (missing > 0) problems.push(`${missing} records are not at the collector`);
    } while (problems.length > 0 && performance.now() < until);
    this.#faults.push(...problems);
    for (const { victim } of this.#world.places) {
      const code = await victim.stop();
      if (code !== 0)
        this.#faults.push(`${victim.name} ended with ${code ?? 'a signal'} at SIGTERM`);
    }
    await this.#application.look();
  }

  async #syncAll({ plan, site }: BranchPlace): Promise<string[]> {
    const client = await ServerClient.open(plan);
    const problems: string[] = [];
    for (const what of ['cdr', 'bcms', 'backup']) {
      try {
        const run = await client.follow(await client.sync(what), () => undefined);
        if (run.state !== 'done')
          problems.push(`${site.name}: ${what}: ${run.message ?? run.state}`);
      } catch (error) {
        problems.push(
          `${site.name}: ${what}: ${error instanceof Error ? error.message : 'failed'}`,
        );
        await sleep(500);
      }
    }
    return problems;
  }

  #missing(): number {
    const there = new Set(this.#application.imported.map(({ sha256 }) => sha256));
    return [...this.#switches.values()]
      .flatMap(({ closed }) => closed)
      .filter(({ sha256 }) => !there.has(sha256)).length;
  }

  #alongside(work: Promise<void>): void {
    this.#aside.add(work);
    void work.finally(() => this.#aside.delete(work));
  }

  #count(counts: Record<string, number>, key: string): void {
    counts[key] = (counts[key] ?? 0) + 1;
  }

  #branch(n: number): BranchPlace {
    const branch = this.#world.branches[n];
    if (branch === undefined) throw new Error(`there is no branch ${n}`);
    return branch;
  }

  #place(role: Role, branch: number): Place {
    if (role === 'hub') return this.#world.hub;
    if (role === 'spare') return this.#world.spare;
    return this.#branch(branch);
  }
}
