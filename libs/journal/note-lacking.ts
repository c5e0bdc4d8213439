import type { Journal } from './journal.ts';
import type { UploadIdentity } from './ledger.ts';

/**
 * Which of the other hub's files of one name are wanted here: a record that is not here or damaged here, a backup that was
 * saved after what is here. A damaged record that the other hub will deliver stays: whole again it would be delivered twice.
 */
export function noteLacking(
  journal: Journal,
  { branch, kind, name }: Pick<UploadIdentity, 'branch' | 'kind' | 'name'>,
): void {
  journal.run(
    `update peer_held as p set lacking = p.whole = 1 and p.received_at is not null and not exists (
       select 1 from received r where r.branch = p.branch and r.kind = p.kind and r.name = p.name and iif(p.kind = 'backup',
         r.change is not null and (r.saved_at, r.sha256) >= (p.saved_at, p.sha256),
         r.size = p.size and r.sha256 = p.sha256
           and (r.damaged_at is null or (p.claim = 'mine' and p.delivered = 0))))
     where p.branch = ? and p.kind = ? and p.name = ?`,
    branch,
    kind,
    name,
  );
}
