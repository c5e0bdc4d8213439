import type { ErrorCode } from '#libs/errors';
import type { PhoneProtocol, TransferDirection, TransferOutcome } from '#libs/observe';

/** What became of one request of a telephone; every phone server reports it in this shape. */
export interface Transfer {
  readonly kind: 'transfer';
  readonly server: PhoneProtocol;
  /** A download where nothing is said. */
  readonly direction?: TransferDirection | undefined;
  /** The phone's IP address as text. */
  readonly address: string;
  /** As spelled on disk when a file was found, else as asked for, cut short. */
  readonly name: string;
  /** What was asked for, cut short, when the phone may not have it and got the substitute `name` (Guide p. 42). */
  readonly insteadOf?: string | undefined;
  /** Bytes of file content that were sent or received. */
  readonly bytes: number;
  /** Milliseconds from the request to its end. */
  readonly ms: number;
  readonly outcome: TransferOutcome;
  /** What the phone says it is (User-Agent), cut short; absent where the protocol has no such thing. */
  readonly agent?: string | undefined;
  /** Of what was stored. */
  readonly sha256?: string | undefined;
  /** Why it was refused or failed. */
  readonly code?: ErrorCode | undefined;
}
