import type { Metadata, Root, Snapshot, Targets, Timestamp } from '@tufjs/models';
import { refusal } from './refusal.ts';
import type { RoleName } from './role-name.ts';

/**
 * Enough different keys of `role`, as `root` names them, have signed (TUF 1.0.34 § 5.3.4, 5.4.2, 5.5.3, 5.6.3). Two ids
 * of one key count once.
 * @throws BranchlineError RELEASE_STRANGE_KEY when a signature is there that should not be or does not hold;
 * RELEASE_UNSIGNED when there are too few.
 */
export function requireSignatures(
  root: Root,
  role: RoleName,
  metadata: Metadata<Root | Timestamp | Snapshot | Targets>,
  where: string,
): void {
  const { keyIDs = [], threshold = Infinity } = root.roles[role] ?? {};
  const good = new Set<string>();
  const known = new Set(keyIDs);
  let strange = Object.keys(metadata.signatures).some((id) => !known.has(id));
  for (const id of keyIDs.filter((keyId) => Object.hasOwn(metadata.signatures, keyId))) {
    const key = root.keys[id];
    try {
      key?.verifySignature(metadata);
      if (key !== undefined) good.add(key.keyVal['public'] ?? id);
    } catch {
      strange = true;
    }
  }
  if (good.size >= threshold) return;
  const need = `needs ${threshold} for ${role}`;
  throw strange
    ? refusal(
        'RELEASE_STRANGE_KEY',
        where,
        `is signed by somebody else (${good.size} good signatures, it ${need})`,
      )
    : refusal('RELEASE_UNSIGNED', where, `has too few signatures (${good.size}, it ${need})`);
}
