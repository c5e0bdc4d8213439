import type { Settle } from '#libs/backups';
import { BranchlineError, type ErrorCode } from '#libs/errors';
import type { Exchange } from './exchange.ts';
import { allowedMethods, refusal } from './refusal.ts';
import { nameInTarget } from './request-target.ts';
import type { UploadPlace, UploadSpace, UploadSpaces } from './upload-spaces.ts';
import { UploadedBody } from './uploaded-body.ts';

/**
 * Answers telephones that save or remove files: PUT, POST and DELETE (RFC 9110 § 9.3), whole or not at all. A phone tries
 * once and never again, so that a success must be one.
 */
export class UploadHandler {
  readonly #spaces: UploadSpaces;

  constructor(spaces: UploadSpaces) {
    this.#spaces = spaces;
  }

  async answer(exchange: Exchange): Promise<void> {
    const method = exchange.request.method ?? '';
    const writes = method === 'PUT' || method === 'POST' || method === 'DELETE';
    if (writes) exchange.direction = method === 'DELETE' ? 'removal' : 'upload';
    if (!writes || this.#spaces.none) {
      notAllowed(exchange, allowedMethods);
      return;
    }
    const name = nameInTarget(exchange.request.url ?? '');
    exchange.name = name.slice(0, 200);
    const place = this.#spaces.placeOf(name);
    if (place === undefined) {
      throw new BranchlineError(
        'UPLOAD_NOT_OPEN',
        `${JSON.stringify(name.slice(0, 200))} is no name under which files may be saved`,
      );
    }
    const allowed = methodsOf(place.space);
    if (!allowed.includes(method)) {
      notAllowed(exchange, allowed.join(', '));
      return;
    }
    exchange.name = place.name;
    if (method === 'DELETE') await this.#remove(exchange, place);
    else await this.#save(exchange, place);
  }

  async #remove(exchange: Exchange, place: UploadPlace): Promise<void> {
    const settle = await this.#spaces.prove(exchange, place);
    const removed = await place.space.store.remove(place.name);
    if (!removed) throw new BranchlineError('NOT_FOUND', `there is no file ${place.name}`);
    await settle?.();
    exchange.head(204, []);
    exchange.response.end();
  }

  async #save(exchange: Exchange, place: UploadPlace): Promise<void> {
    const { request } = exchange;
    const bytes = announcedBytes(exchange);
    place.space.store.requireSize(place.name, bytes ?? 0);
    const settle = await this.#spaces.prove(exchange, place);
    const replaced = await this.#receive(exchange, place, bytes, settle);
    exchange.allow(0);
    if (replaced) exchange.head(204, []);
    else exchange.head(201, ['Content-Length', '0']);
    exchange.response.end();
    request.resume();
  }

  async #receive(
    exchange: Exchange,
    { space, name }: UploadPlace,
    bytes: number | undefined,
    settle: Settle | undefined,
  ): Promise<boolean> {
    const { request, connection } = exchange;
    const body = new UploadedBody(request, (more) => {
      exchange.received(more);
    });
    connection.reading((because) => {
      body.giveUp(interrupted(because));
    });
    exchange.allow(0);
    exchange.continue();
    try {
      const saved = await space.store.save(name, body, { bytes });
      await settle?.();
      exchange.sha256 = saved.sha256;
      return saved.replaced;
    } finally {
      connection.reading(undefined);
    }
  }
}

/** @throws BranchlineError UPLOAD_INVALID. */
function announcedBytes({ request }: Exchange): number | undefined {
  const { headers } = request;
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  const packed = headers['content-encoding'] ?? 'identity';
  if (packed.toLowerCase() !== 'identity') throw invalid(`it is packed (${packed.slice(0, 20)})`);
  // RFC 9110 § 14.5: a server that does not know partial PUT must refuse it, lest a part replaces the whole.
  if (headers['content-range'] !== undefined) throw invalid('it is a part of a file');
  if (coding !== undefined) {
    if (coding.toLowerCase() === 'chunked' && length === undefined) return undefined;
    throw invalid('its length is told in two ways, or in an unknown one');
  }
  if (length === undefined) throw invalid('it does not say how long it is');
  return Number(length);
}

const invalid = (why: string): BranchlineError =>
  new BranchlineError('UPLOAD_INVALID', `a file that a telephone sent is refused: ${why}`);

const interrupted = (because: ErrorCode): BranchlineError =>
  new BranchlineError(because, 'a telephone sent a file too slowly, or not as announced');

const methodsOf = ({ kind }: UploadSpace): readonly string[] =>
  kind === 'phone' ? ['GET', 'HEAD', 'PUT', 'DELETE'] : ['GET', 'HEAD', 'PUT', 'POST'];

function notAllowed(exchange: Exchange, methods: string): void {
  exchange.code = 'WRITE_REFUSED';
  exchange.refuse(refusal(405, ['Allow', methods]));
}
