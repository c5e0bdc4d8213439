import type { Duplex } from 'node:stream';
import { BranchlineError } from '#libs/errors';
import { openData, secureData, type DataPlan } from './data-channel.ts';
import { dismiss, leave, type DataDirection } from './farewell.ts';
import type { SessionContext } from './session-context.ts';

export interface DataTransferOptions {
  readonly context: SessionContext;
  readonly plan: DataPlan;
  /** This machine's address as the client knows it. */
  readonly localAddress: string | undefined;
  readonly direction: DataDirection;
  /** TLS (PROT P). */
  readonly protect: boolean;
  /** The connection is there: say that the transfer begins. */
  readonly onOpen: () => void;
}

/** One transfer on one data connection, which is gone with it. */
export class DataTransfer {
  readonly #options: DataTransferOptions;
  #stream: Duplex | undefined;
  #broken: BranchlineError | undefined;
  #movedAt: number;
  #bytes = 0;

  constructor(options: DataTransferOptions) {
    this.#options = options;
    this.#movedAt = options.context.clock.now();
  }

  /** Bytes of content so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** So many bytes of content have gone by. */
  readonly moved = (bytes: number): void => {
    this.#bytes += bytes;
    this.#movedAt = this.#options.context.clock.now();
  };

  /** Open the connection, do `work` with it, and cut what is left of it. @throws what broke it. */
  async run<T>(work: (stream: Duplex) => Promise<T>): Promise<T> {
    try {
      const stream = await this.#open();
      const result = await work(stream);
      leave(stream);
      return result;
    } catch (error) {
      const { direction } = this.#options;
      if (this.#stream !== undefined) {
        // A download that was begun must not look whole.
        if (this.#broken === undefined && (direction === 'upload' || this.#bytes === 0))
          dismiss(this.#stream, direction);
        else this.#stream.destroy();
      }
      throw this.#broken ?? error;
    }
  }

  /** End it from outside; `run` throws `because`. */
  abort(because: BranchlineError): void {
    this.#broken ??= because;
    const { plan } = this.#options;
    if (plan.kind === 'passive') plan.promise.cancel();
    this.#stream?.destroy();
  }

  /** Cut it when no byte has moved for too long. */
  cutIfStalled(now: number): void {
    if (this.#stream === undefined || now - this.#movedAt <= this.#options.context.limits.stallMs)
      return;
    this.abort(
      new BranchlineError('PHONE_SILENT', 'no byte moved on the data connection for too long'),
    );
  }

  async #open(): Promise<Duplex> {
    const { context, plan, localAddress, protect, onOpen } = this.#options;
    const { limits, activePort } = context;
    const socket = await openData(plan, {
      address: localAddress,
      port: activePort,
      timeoutMs: limits.dataConnectMs,
    });
    this.#stream = socket;
    this.#movedAt = context.clock.now();
    if (this.#broken !== undefined) throw this.#broken;
    onOpen();
    if (!protect) return socket;
    const secure = context.secureContext();
    if (secure === undefined) throw failed('this server has no certificate');
    const secured = await secureData(socket, { context: secure, timeoutMs: limits.handshakeMs });
    this.#stream = secured;
    if (context.resumedOnly && !secured.isSessionReused()) {
      throw failed('it does not resume the TLS session of the control connection');
    }
    return secured;
  }
}

const failed = (why: string): BranchlineError =>
  new BranchlineError('DATA_CONNECTION_FAILED', `no data connection: ${why}`);
