export {
  BackupStore,
  type BackupStoreOptions,
  type BroughtFile,
  type ListedBackup,
  type SaveOptions,
  type SettledBackup,
} from './backup-store.ts';
export type { SavedBackup } from './kept-files.ts';
export type { BackupVersion } from './backup-version.ts';
export { NameTurns } from './name-turns.ts';
export { NamePatterns, type FittingName } from './name-pattern.ts';
export {
  phoneProof,
  type PhoneProof,
  type ProofKind,
  type ProofOptions,
  type ProofRequest,
  type Settle,
} from './phone-proof.ts';
export type { Body } from './receive-body.ts';
export { PasswordKeys, type AskKeys } from './password-keys.ts';
export {
  RememberedPasswords,
  type PasswordsPair,
  type PasswordVerdict,
} from './remembered-passwords.ts';
