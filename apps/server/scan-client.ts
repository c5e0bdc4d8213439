import { setTimeout as sleep } from 'node:timers/promises';
import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { BranchlineError } from '#libs/errors';
import {
  maxScanQuestion,
  scanListSchema,
  scannedListSchema,
  type ScannedList,
  type ScannedQuestion,
  type ScanReportFormat,
} from '#libs/pages';
import { scanViewSchema, type ScanView } from '#libs/scan';
import type { ServerClient } from './server-client.ts';

const pollMs = 200;

/** The scans of a running server. */
export class ScanClient {
  readonly #server: ServerClient;

  constructor(server: ServerClient) {
    this.#server = server;
  }

  async begin(what: string, max: number | undefined): Promise<ScanView> {
    if (what.length > maxScanQuestion) {
      throw new BranchlineError(
        'SCAN_RANGE_INVALID',
        'these are too many ranges for one question: put the file into the folder Scan and name it',
      );
    }
    const query = new URLSearchParams({ what, ...(max !== undefined && { max: String(max) }) });
    return this.#read(
      scanViewSchema,
      await this.#server.ask('POST', `/api/v1/scans?${query.toString()}`),
    );
  }

  async follow(first: ScanView, onChange: (scan: ScanView) => void): Promise<ScanView> {
    let scan = first;
    onChange(scan);
    while (scan.state === 'running') {
      await sleep(pollMs);
      scan = this.#read(scanViewSchema, await this.#server.ask('GET', addressOf(scan.id)));
      onChange(scan);
    }
    return scan;
  }

  /** Undefined when that server knows no such scan. */
  async find(id: string): Promise<ScanView | undefined> {
    try {
      return this.#read(scanViewSchema, await this.#server.ask('GET', addressOf(id)));
    } catch (error) {
      if (error instanceof BranchlineError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async cancel(id: string): Promise<void> {
    await this.#server.ask('POST', `${addressOf(id)}/cancel`);
  }

  async recent(limit: number): Promise<readonly ScanView[]> {
    const body = await this.#server.ask('GET', `/api/v1/scans?limit=${limit}`);
    return this.#read(scanListSchema, body).scans;
  }

  async phones(id: string, question: ScannedQuestion): Promise<ScannedList> {
    const { show, text, limit, offset } = question;
    const query = new URLSearchParams({ show, text, limit: `${limit}`, offset: `${offset}` });
    const body = await this.#server.ask('GET', `${addressOf(id)}/phones?${query.toString()}`);
    return this.#read(scannedListSchema, body);
  }

  report(id: string, format: ScanReportFormat): AsyncIterable<Uint8Array> {
    return this.#server.read(`${addressOf(id)}/report?format=${format}`);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #read<S extends TSchema>(schema: S, body: unknown): Static<S> {
    if (Check(schema, body)) return body;
    throw new BranchlineError(
      'PEER_ANSWER_INVALID',
      'the server does not answer about scans as one of this version does',
    );
  }
}

const addressOf = (id: string): string => `/api/v1/scans/${encodeURIComponent(id)}`;
