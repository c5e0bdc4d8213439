import { SqliteLedger, OutgoingTable, type Journal, type UploadKind } from '#libs/journal';
import type { ServerPlan } from './server-plan.ts';

/** Records of one call; the next call takes the next. */
export const maxResent = 10_000;

/** Which files are to go once more. `name` and `branch`: `*` and `?` stand for any characters. */
export interface ResendChoice {
  readonly kind?: UploadKind | undefined;
  readonly name: string;
  readonly branch?: string | undefined;
  /** Acknowledged, or at a hub received, since then: Unix milliseconds. */
  readonly since: number;
  /** At a hub: also what the collector has had. */
  readonly delivered: boolean;
}

export interface ResentFile {
  readonly kind: UploadKind;
  readonly branch?: string;
  readonly name: string;
  readonly sha256: string;
}

/** Offer files to the hub again, or at a hub deliver records again. Returns what was chosen, at most `maxResent`. */
export async function resend(
  plan: ServerPlan,
  journal: Journal,
  choice: ResendChoice,
): Promise<ResentFile[]> {
  const { kind, name, branch = '*', since, delivered } = choice;
  if (isForHub(plan, choice)) {
    const kinds: UploadKind[] = kind === undefined ? ['cdr', 'bcms'] : [kind];
    const which = { kinds, name, branch, since, delivered };
    return (await new SqliteLedger(journal).deliverAgain(which, maxResent)).map((file) => ({
      kind: file.kind,
      branch: file.branch,
      name: file.name,
      sha256: file.sha256,
    }));
  }
  const kinds: UploadKind[] = kind === undefined ? ['backup', 'cdr', 'bcms'] : [kind];
  return new OutgoingTable(journal)
    .offerAgain({ kinds, name, since })
    .map((file) => ({ kind: file.kind, name: file.name, sha256: file.sha256 }));
}

/** A server that is both: what only a hub can do is meant for the hub. */
export const isForHub = (
  { hub, branch }: ServerPlan,
  choice: Pick<ResendChoice, 'branch' | 'delivered'>,
): boolean =>
  hub !== undefined && (branch === undefined || choice.branch !== undefined || choice.delivered);
