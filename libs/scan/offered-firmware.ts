import { asBranchlineError } from '#libs/errors';
import { Turns } from '#libs/lifecycle';
import { explain, type Explanation, type TreeDelivery } from '#libs/delivery';
import {
  compareFirmware,
  startingFamily,
  type PhoneFacts,
  type PhoneFamily,
  type PhoneObjects,
} from '#libs/phones';
import type { ScannedPhone, Standing } from './scanned-phone.ts';

/** What a telephone would get here. */
interface Offer {
  readonly firmware: string | null;
  readonly note: string | null;
}

export type OfferTree = 'TFTP' | 'HTTP' | 'HTTPS';

export interface OfferedFirmwareOptions {
  readonly delivery: TreeDelivery;
  /** The trees that telephones are served from here. */
  readonly trees: readonly OfferTree[];
}

/** Different questions whose answers are kept in one scan. */
const maxKept = 4_096;
/** Each reads files to their end: more at a time would take the disk from the telephones. */
const readAtOnce = 2;
/** The Guide's 4600 telephones ask by TFTP first, later ones by HTTPS or HTTP. */
const newOrder: readonly OfferTree[] = ['HTTPS', 'HTTP', 'TFTP'];
const oldOrder: readonly OfferTree[] = ['TFTP', 'HTTPS', 'HTTP'];

/**
 * Which firmware the upgrade scripts here lead a telephone to. Scripts are read as the telephones read them, once for each
 * model and group: one of these belongs to one scan, as files may change between two.
 */
export class OfferedFirmware {
  readonly #options: OfferedFirmwareOptions;
  readonly #turns = new Turns(readAtOnce);
  readonly #kept = new Map<string, Promise<Offer>>();

  constructor(options: OfferedFirmwareOptions) {
    this.#options = options;
  }

  /** The telephone with what it is offered, and how what it runs stands to that. */
  async judge(phone: ScannedPhone, objects: PhoneObjects | undefined): Promise<ScannedPhone> {
    if (phone.outcome !== 'phone') return phone;
    const { firmware: offered, note } = await this.#offerFor(phone, objects);
    const standing = standingOf(phone.firmware, offered);
    const mute = offered !== null && phone.firmware === null && phone.note === null;
    const why = mute ? 'it does not say what it runs' : note;
    const notes = [phone.note, why].filter((text) => text !== null).join('; ');
    return { ...phone, offered, standing, note: notes === '' ? null : notes.slice(0, 500) };
  }

  async #offerFor(phone: ScannedPhone, objects: PhoneObjects | undefined): Promise<Offer> {
    const { model } = phone;
    if (model === null) return { firmware: null, note: null };
    const family = objects && startingFamily(objects, model);
    if (family === undefined) return nothing('it is not known which script it starts with');
    const order = family.name === '4600' ? oldOrder : newOrder;
    const trees = order.filter((tree) => this.#options.trees.includes(tree));
    let offer = nothing('no server for telephones is switched on here');
    for (const tree of trees) {
      offer = await this.#offerIn(tree, family, phone, objects?.signalling);
      if (offer.firmware !== null) break;
    }
    return offer;
  }

  async #offerIn(
    tree: OfferTree,
    family: PhoneFamily,
    phone: ScannedPhone,
    signalling: string | undefined,
  ): Promise<Offer> {
    const { address, group } = phone;
    const model = phone.model ?? '';
    const admitted = await this.#admits(tree, address);
    const facts: PhoneFacts = {
      model,
      ...(group !== null && { group: Number(group) }),
      variables: signalling === undefined ? {} : { SIG: signalling },
    };
    const key = JSON.stringify([tree, family.name, admitted, model, group, signalling]);
    const offer = await this.#once(key, () => this.#read(tree, family, address, facts));
    if (offer.firmware !== null || offer.note?.includes('$MACADDR') !== true || phone.mac === null)
      return offer;
    const own = { ...facts, mac: phone.mac };
    return await this.#once(`${key} ${phone.mac}`, () => this.#read(tree, family, address, own));
  }

  async #once(key: string, read: () => Promise<Offer>): Promise<Offer> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return await kept;
    const offer = this.#turns.take(read).catch((error: unknown) => nothing(whyNot(error)));
    if (this.#kept.size < maxKept) this.#kept.set(key, offer);
    return await offer;
  }

  async #read(
    tree: OfferTree,
    family: PhoneFamily,
    address: string,
    facts: PhoneFacts,
  ): Promise<Offer> {
    const { delivery } = this.#options;
    const [script = ''] = family.upgradeFiles;
    const explanation = await explain(delivery, { tree, name: script, address }, facts);
    const [first] = explanation.answers;
    if (first === undefined || first.outcome === 'refused')
      return nothing(`${script} cannot be had from the tree ${tree}`);
    const firmware = explanation.settings.find(({ name }) => name === 'APPNAME')?.value;
    if (firmware === undefined) return nothing(whyNone(script, explanation));
    return { firmware: firmware.slice(0, 1_024), note: await this.#lack(tree, address, firmware) };
  }

  /** Undefined firmware helps nobody: the script may name a file that is not there. */
  async #lack(tree: OfferTree, address: string, name: string): Promise<string | null> {
    const verdict = await this.#options.delivery.judge({ tree, name, address });
    if ('file' in verdict) {
      await verdict.file.close();
      return null;
    }
    return `it is sent to ${name}, which cannot be had from the tree ${tree}`.slice(0, 500);
  }

  async #admits(tree: OfferTree, address: string): Promise<boolean> {
    try {
      await this.#options.delivery.admit({ tree, address });
      return true;
    } catch (error) {
      if (asBranchlineError(error).code === 'ACCESS_DENIED') return false;
      throw error;
    }
  }
}

const nothing = (note: string): Offer => ({ firmware: null, note: note.slice(0, 500) });

const whyNot = (error: unknown): string =>
  `what it is offered here could not be read: ${asBranchlineError(error).message}`;

function whyNone(script: string, { answers, complete }: Explanation): string {
  const undecided = answers
    .map((answer) => answer.script?.why)
    .find((why) => typeof why === 'string');
  return complete || undecided === undefined
    ? `${script} names no firmware for it`
    : `what ${script} leads it to cannot be told: ${undecided}`;
}

function standingOf(running: string | null, offered: string | null): Standing {
  if (running === null || offered === null) return 'unknown';
  switch (compareFirmware(running, offered)) {
    case 'same':
      return 'current';
    case 'newer':
      return 'ahead';
    // Of two names without an order, the telephone loads the one that it is sent to.
    case 'older':
    case 'other':
      return 'behind';
  }
}
