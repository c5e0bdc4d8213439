import { serverName, type WatchedServer } from './watched-server.ts';

export interface CheckTls {
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
  readonly minVersion?: 'TLSv1';
  readonly maxVersion?: 'TLSv1.1';
  readonly ciphers?: string;
}

/**
 * TLS towards a server that is asked whether it works, not who it is: its certificate is made by itself, or bears the
 * name that telephones know it by. Nothing is sent that anybody could misuse.
 */
export const tlsOf = (server: WatchedServer): CheckTls => ({
  ...serverName(server),
  rejectUnauthorized: false,
  ...(server.oldTls === true && {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'ALL:eNULL:@SECLEVEL=0',
  }),
});
