import { CommunityClient, type CommunityOptions } from './community-client.ts';
import type { SnmpReader } from './snmp-reader.ts';
import { UserClient, type UserOptions } from './user-client.ts';
import type { UserCredentials } from './user-credentials.ts';

/** How agents are asked. Holds secrets: never logged. */
export type SnmpAccess =
  Pick<CommunityOptions, 'version' | 'community'> | ({ readonly version: '3' } & UserCredentials);

export type ReaderOptions = Omit<UserOptions, 'credentials'>;

/** The client for this kind of access; it is to be started. */
export function snmpReader(access: SnmpAccess, options: ReaderOptions): SnmpReader {
  return access.version === '3'
    ? new UserClient({ ...options, credentials: access })
    : new CommunityClient({ ...options, version: access.version, community: access.community });
}
