import type * as Library from 'net-snmp';
import type { AuthProtocols, PrivProtocols, User } from 'net-snmp';

/** A user of SNMP v3 (RFC 3414). Holds secrets: never logged. */
export interface UserCredentials {
  readonly user: string;
  readonly context: string;
  readonly auth?:
    | {
        readonly protocol: 'MD5' | 'SHA' | 'SHA-224' | 'SHA-256' | 'SHA-384' | 'SHA-512';
        readonly passphrase: string;
      }
    | undefined;
  /** Never without `auth`. */
  readonly privacy?:
    { readonly protocol: 'AES' | 'AES-256'; readonly passphrase: string } | undefined;
}

/** The same user in the words of the library net-snmp. */
export function libraryUser(library: typeof Library, credentials: UserCredentials): User {
  const { user: name, auth, privacy } = credentials;
  const { SecurityLevel, AuthProtocols, PrivProtocols } = library;
  if (auth === undefined) return { name, level: SecurityLevel.noAuthNoPriv };
  const authProtocols: Record<typeof auth.protocol, AuthProtocols> = {
    MD5: AuthProtocols.md5,
    SHA: AuthProtocols.sha,
    'SHA-224': AuthProtocols.sha224,
    'SHA-256': AuthProtocols.sha256,
    'SHA-384': AuthProtocols.sha384,
    'SHA-512': AuthProtocols.sha512,
  };
  const authenticated = {
    name,
    authProtocol: authProtocols[auth.protocol],
    authKey: auth.passphrase,
  };
  if (privacy === undefined) return { ...authenticated, level: SecurityLevel.authNoPriv };
  const privacyProtocols: Record<typeof privacy.protocol, PrivProtocols> = {
    AES: PrivProtocols.aes,
    // As net-snmp's own programs do it (draft-blumenthal-aes-usm-04).
    'AES-256': PrivProtocols.aes256b,
  };
  return {
    ...authenticated,
    level: SecurityLevel.authPriv,
    privProtocol: privacyProtocols[privacy.protocol],
    privKey: privacy.passphrase,
  };
}
