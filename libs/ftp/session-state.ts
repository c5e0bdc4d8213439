import type { Socket } from 'node:net';
import { BranchlineError } from '#libs/errors';
import type { DataPlan } from './data-channel.ts';
import type { FileArea } from './file-area.ts';
import type { VirtualPath } from './virtual-path.ts';

/** What the commands so far have said, and the next ones build upon. No socket in it. */
export class SessionState {
  /** From USER, until PASS. */
  user: string | undefined;
  /** Undefined before the log-in. */
  area: FileArea | undefined;
  folder: VirtualPath = [];
  /** TLS on data connections (PROT P). */
  protect = false;
  /** PBSZ came, which PROT needs (RFC 4217 § 9). */
  bufferSizeSaid = false;
  /** EPSV ALL: nothing but EPSV from then on (RFC 2428 § 4). */
  extendedOnly = false;
  failedLogIns = 0;
  #plan: DataPlan | undefined;
  #restart = 0;
  #renameFrom: VirtualPath | undefined;

  /** @throws BranchlineError LOGIN_REFUSED before the log-in. */
  get files(): FileArea {
    if (this.area === undefined) throw notLoggedIn();
    return this.area;
  }

  /** @throws BranchlineError LOGIN_REFUSED before the log-in. */
  requireLogIn(): void {
    if (this.area === undefined) throw notLoggedIn();
  }

  /** As after connecting; TLS stays. */
  reset(): void {
    this.user = undefined;
    this.area = undefined;
    this.folder = [];
    this.extendedOnly = false;
    this.#restart = 0;
    this.#renameFrom = undefined;
    this.dropPlan();
  }

  logIn(area: FileArea): void {
    this.user = undefined;
    this.area = area;
    this.folder = [];
    this.failedLogIns = 0;
  }

  /** How the next data connection comes about; an earlier plan is void. */
  plan(plan: DataPlan): void {
    this.dropPlan();
    this.#plan = plan;
  }

  /** For one transfer. @throws BranchlineError DATA_CONNECTION_FAILED without PASV, EPSV, PORT or EPRT before. */
  takePlan(): DataPlan {
    const plan = this.#plan;
    this.#plan = undefined;
    if (plan !== undefined) return plan;
    throw new BranchlineError(
      'DATA_CONNECTION_FAILED',
      'no data connection: the client sent no PASV, EPSV, PORT or EPRT before',
    );
  }

  /** `farewell` ends a connection that came already. */
  dropPlan(farewell?: (socket: Socket) => void): void {
    if (this.#plan?.kind === 'passive') this.#plan.promise.cancel(farewell);
    this.#plan = undefined;
  }

  /** REST: where the next transfer begins, in bytes. */
  restartAt(bytes: number): void {
    this.#restart = bytes;
  }

  takeRestart(): number {
    const restart = this.#restart;
    this.#restart = 0;
    return restart;
  }

  renameFrom(path: VirtualPath): void {
    this.#renameFrom = path;
  }

  /** RNTO counts only right after RNFR. */
  takeRenameFrom(): VirtualPath | undefined {
    const from = this.#renameFrom;
    this.#renameFrom = undefined;
    return from;
  }

  /** What does not outlive the next command. */
  forgetBefore(verb: string): void {
    if (verb !== 'RNTO') this.#renameFrom = undefined;
  }
}

const notLoggedIn = (): BranchlineError =>
  new BranchlineError('LOGIN_REFUSED', 'this command needs a log-in first');
