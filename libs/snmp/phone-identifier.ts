import { asBranchlineError, BranchlineError } from '#libs/errors';
import type { Clock } from '#libs/lifecycle';
import {
  objectsOf,
  plainAddress,
  systemObject,
  type IdentifyPhone,
  type PhoneObjects,
} from '#libs/phones';
import { AnswerCache } from './answer-cache.ts';
import {
  objectsToAsk,
  readIdentity,
  type IdentityObjects,
  type NotIdentified,
  type ProvenPhone,
} from './identity-answer.ts';
import type { SnmpReader } from './snmp-reader.ts';

export interface IdentifierOptions {
  readonly reader: SnmpReader;
  /** Where the extension and the type are; asked of telephones that do not name their family. */
  readonly objects: { readonly extension: string; readonly type: string };
  /** True when an operator chose `objects`: every telephone is asked for these then, and for nothing else. */
  readonly objectsChosen: boolean;
  /** Milliseconds that an answer counts. */
  readonly keepMs: number;
  /** Milliseconds that a failure counts. */
  readonly keepFailureMs: number;
  readonly clock: Clock;
  /** Told once for each telephone that was asked and answered. */
  readonly onProven?: ((phone: ProvenPhone) => void) | undefined;
}

const keepFamilyMs = 3_600_000;
const maxKept = 20_000;
const maxAsking = 20_000;

/** Asks telephones who they are (Guide p. 16): each at most once at a time, and not again for a short while. */
export class PhoneIdentifier {
  readonly #options: IdentifierOptions;
  readonly #answers: AnswerCache<ProvenPhone | BranchlineError>;
  /** The family at an address; it changes when another telephone is plugged in. */
  readonly #families: AnswerCache<PhoneObjects>;
  readonly #asking = new Map<string, Promise<ProvenPhone>>();

  constructor(options: IdentifierOptions) {
    this.#options = options;
    this.#answers = new AnswerCache(options.clock, maxKept);
    this.#families = new AnswerCache(options.clock, maxKept);
  }

  readonly identify: IdentifyPhone = async (anyAddress) => {
    const address = plainAddress(anyAddress);
    const known = this.#answers.get(address);
    if (known instanceof BranchlineError) throw known;
    if (known !== undefined) return known;
    const asked = this.#asking.get(address);
    if (asked !== undefined) return asked;
    if (this.#asking.size >= maxAsking) {
      throw unverified(address, 'was not asked, because too many are being asked');
    }
    const asking = this.#ask(address).finally(() => this.#asking.delete(address));
    this.#asking.set(address, asking);
    return asking;
  };

  async #ask(address: string): Promise<ProvenPhone> {
    const { keepMs, keepFailureMs, onProven } = this.#options;
    try {
      const phone = await this.#identity(address);
      this.#answers.set(address, phone, keepMs);
      onProven?.(phone);
      return phone;
    } catch (thrown) {
      const failure = asUnverified(thrown);
      this.#answers.set(address, failure, keepFailureMs);
      throw failure;
    }
  }

  async #identity(address: string): Promise<ProvenPhone> {
    const known = this.#families.get(address);
    if (known !== undefined) {
      const phone = await this.#answerOf(address, known);
      if (typeof phone !== 'string') return phone;
      this.#families.set(address, known, 0);
    }
    const { objects, patience } = await this.#objectsFor(address);
    const phone = await this.#answerOf(address, objects, patience);
    if (typeof phone === 'string') throw unverified(address, reasons[phone]);
    return phone;
  }

  async #answerOf(
    address: string,
    objects: IdentityObjects,
    patience?: { tries: number },
  ): Promise<ProvenPhone | NotIdentified> {
    const values = await this.#options.reader.get(address, objectsToAsk(objects), patience);
    return readIdentity(address, objects, values);
  }

  /** The family's objects, or those of the settings for a telephone that does not say what it is. */
  async #objectsFor(
    address: string,
  ): Promise<{ objects: IdentityObjects; patience?: { tries: number } }> {
    const { reader, objectsChosen, objects } = this.#options;
    const ofSettings = { extension: [objects.extension], type: objects.type };
    if (objectsChosen) return { objects: ofSettings };
    try {
      const [system] = await reader.get(address, [systemObject]);
      const family: PhoneObjects | undefined =
        system?.kind === 'object' ? objectsOf(system.oid) : undefined;
      if (family !== undefined) this.#families.set(address, family, keepFamilyMs);
      return { objects: family ?? ofSettings };
    } catch (error) {
      if (asBranchlineError(error).code !== 'PHONE_SILENT') throw error;
      // Silent for this object only, or for good: one more question tells.
      return { objects: ofSettings, patience: { tries: 1 } };
    }
  }
}

const reasons: Readonly<Record<NotIdentified, string>> = {
  'no extension': 'tells no extension by SNMP: somebody has to log in at it first',
  'no type': 'tells no type by SNMP',
  'strange extension': 'tells an extension by SNMP that is not 1 to 32 digits',
  'strange type': 'tells a type by SNMP that is not letters and digits',
};

function asUnverified(thrown: unknown): BranchlineError {
  const error = asBranchlineError(thrown);
  if (error.code !== 'PHONE_SILENT') return error;
  const remedy = 'name this server in SNMPADD and set SNMPSTRING in its settings file';
  const sentence = `${error.message}; ${remedy}, and compare [SNMP] Params`;
  return new BranchlineError('PHONE_UNVERIFIED', sentence, { cause: error });
}

const unverified = (address: string, what: string, cause?: unknown): BranchlineError =>
  new BranchlineError('PHONE_UNVERIFIED', `the telephone ${address} ${what}`, { cause });
