import type { BranchStatus, Status } from './status.ts';

const kept = new WeakMap<BranchStatus, string>();

/** The status as JSON. A branch that is the same as last time is not put into words again: 2,000 of them would stop the server for a while. */
export function statusJson({ hub, ...rest }: Status): string {
  if (hub === null) return JSON.stringify({ ...rest, hub });
  const { branches, ...facts } = hub;
  const words = branches.map((branch) => {
    const text = kept.get(branch) ?? JSON.stringify(branch);
    kept.set(branch, text);
    return text;
  });
  const head = JSON.stringify(rest).slice(0, -1);
  return `${head},"hub":${JSON.stringify(facts).slice(0, -1)},"branches":[${words.join(',')}]}}`;
}
