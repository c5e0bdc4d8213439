import { setImmediate as turn } from 'node:timers/promises';
import type { SignedUpdate } from '#libs/journal';
import type { CheckIn } from '#libs/link';
import type { BranchStatus } from '#libs/pages';
import type { HubPart } from './hub-part.ts';

interface Holding {
  /** What it has of everything up to this release, but for these; undefined when it has not told. */
  readonly release: number | undefined;
  readonly troubled: ReadonlySet<string>;
}

/** Trouble that a check-in has room for: where it is full there may be more. */
const reported = 50;
const turnEvery = 200;

/** Which branches of a hub have which updates, by what each has told last; one that is away keeps what it had. */
export class BranchHoldings {
  /** All that have joined and are not revoked. */
  readonly branches: readonly { readonly name: string; readonly state: BranchStatus['state'] }[];
  readonly #holdings: readonly Holding[];

  private constructor(branches: BranchHoldings['branches'], holdings: readonly Holding[]) {
    this.branches = branches;
    this.#holdings = holdings;
  }

  static async of(
    { state, release, views }: Pick<HubPart, 'state' | 'release' | 'views'>,
    now: number,
  ): Promise<BranchHoldings> {
    const branches: BranchHoldings['branches'][number][] = [];
    const holdings: Holding[] = [];
    for (const [n, branch] of (await state.branches()).entries()) {
      // Two thousand reports are read: others must get their turn in between.
      if (n % turnEvery === 0) await turn();
      if (branch.revokedAt !== undefined) continue;
      branches.push({
        name: branch.name,
        state: views.of(branch, release(), now).state,
      });
      holdings.push(holdingOf(views.reports.of(branch)));
    }
    return new BranchHoldings(branches, holdings);
  }

  /** How many have these bytes, and how many name trouble with them. */
  tally({ name, release }: SignedUpdate): { have: number; refused: number } {
    if (release === undefined) return { have: 0, refused: 0 };
    const near = this.#holdings.filter((holding) => (holding.release ?? -1) >= release);
    const refused = near.filter(({ troubled }) => troubled.has(name)).length;
    return { have: near.length - refused, refused };
  }
}

/** A branch that is not in sync and names no file has what it had: how far it has come is not told. */
function holdingOf(report: CheckIn | undefined): Holding {
  const names = report?.problems.flatMap(({ name }) => name ?? []) ?? [];
  const told =
    report?.state === 'in-sync' ||
    (report?.state === 'error' &&
      names.length > 0 &&
      names.length < reported &&
      names.length === report.problems.length);
  return { release: told ? report.release : undefined, troubled: new Set(names) };
}
