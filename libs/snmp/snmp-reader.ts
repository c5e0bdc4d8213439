import type { Service } from '#libs/lifecycle';
import type { SnmpValue } from './snmp-value.ts';

/** How long one question may take, beside what the reader was made for. */
export interface Patience {
  /** Milliseconds until the question is asked again, or given up. */
  readonly timeoutMs: number;
  /** How often it is asked at most, the first time included. */
  readonly tries: number;
}

/** Asks agents for the values of objects; SNMP v1, v2c and v3 behind one interface. */
export interface SnmpReader extends Service {
  /**
   * The values of `oids` at the agent on an IP address, in their order. An agent that refuses several at once is asked for
   * each; what it has not is `noSuchObject`.
   * @throws BranchlineError PHONE_SILENT when nothing comes in time; INTERRUPTED when this server stops meanwhile.
   */
  get(
    address: string,
    oids: readonly string[],
    patience?: Partial<Patience>,
  ): Promise<readonly SnmpValue[]>;
}

/** Datagrams that were no answer to an open question, counted since the start. */
export interface StrangeAnswers {
  /** Not SNMP, or out of bounds. */
  malformed: number;
  /** To no open question: late, twice, or never asked for. */
  unasked: number;
  /** From another address or port than the one that was asked, or about other objects. */
  foreign: number;
}
