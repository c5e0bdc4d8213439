import type { SecureContext } from 'node:tls';
import type { PieceBuffers, Transfer } from '#libs/delivery';
import type { Clock } from '#libs/lifecycle';
import type { Logger, RareLog } from '#libs/observe';
import type { FtpLimits } from './ftp-limits.ts';
import type { LogIn } from './log-in.ts';
import type { PassivePorts } from './passive-ports.ts';

/** What all sessions of one server share. */
export interface SessionContext {
  readonly name: 'ftp' | 'ftps';
  readonly limits: FtpLimits;
  readonly logIn: LogIn;
  readonly passive: PassivePorts;
  /** What PASV names in place of this machine's own address, behind NAT. */
  readonly passiveAddress: string | undefined;
  /** Port that active data connections come from; 0 for any. */
  readonly activePort: number;
  /** For AUTH TLS, PROT P and FTPS; undefined without a certificate. */
  readonly secureContext: () => SecureContext | undefined;
  /** A data connection must resume a TLS session of this server. */
  readonly resumedOnly: boolean;
  readonly buffers: PieceBuffers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly rareLog: RareLog;
  readonly onTransfer: (transfer: Transfer) => void;
}
