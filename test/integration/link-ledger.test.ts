import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import { expect, it } from 'vitest';
import {
  HubPair,
  PeerHoldings,
  SqliteLedger,
  type LackingFile,
  type UploadIdentity,
} from '#libs/journal';
import type { HubClient } from '#libs/link';
import { silentLogger } from '#libs/observe';
import { CopyFromPeer } from '#libs/sync';
import { gather } from '../support/gather.ts';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { sha256Of } from '../support/push-rig.ts';

/** Rows as hubs before this version read them: `kind` and nothing more than these. */
const olderAnswer = Type.Object({
  rows: Type.Array(Type.Object({ kind: Type.Union([Type.Literal('cdr'), Type.Literal('bcms')]) })),
});

const framed = (name: string, bytes: Buffer, modified = 1) => ({
  file: { name, size: bytes.length, sha256: sha256Of(bytes), modified },
  bytes,
});

/** A hub with what lisbon has sent, and the other hub of its pair, which has read its ledger. */
async function pair() {
  const one = await HubInABox.start({ peer: 'faro' });
  const two = await HubInABox.start();
  const [lisbon, faro] = [await one.branch('lisbon'), await one.branch('faro')];
  const holdings = new PeerHoldings(two.journal, ['backup', 'cdr']);
  const learning = new HubPair(two.journal, new SqliteLedger(two.journal).id);
  const told: string[] = [];
  const copy = (which: 'small' | 'large', read: Pick<HubClient, 'ledgerFile'> = faro) =>
    new CopyFromPeer({
      ...{ which, holdings, intake: two.intake, reserveBytes: 0, retryMs: 1_000 },
      read: (identity, request) => read.ledgerFile(identity, request),
      shelves: { backup: { incoming: incoming(two) }, cdr: { incoming: incoming(two) } },
      log: silentLogger(),
      onBehind: () => undefined,
      onUnusable: ({ name }, { code }) => told.push(`${code} ${name}`),
    }).copyAll(new AbortController().signal);
  const hear = async () => learning.learn(await faro.ledger(learning.since), 9);
  const records = (hub: HubInABox) => path.join(hub.folder, 'CDRBackup', 'lisbon');
  return { one, two, lisbon, faro, holdings, copy, hear, records, told };
}

const incoming = ({ folder }: HubInABox): string =>
  path.join(folder, 'CDRBackup', '.branchline', 'incoming');

it('copies records and the newest backup, byte for byte, and tells an older hub what it can read', async () => {
  const { one, two, lisbon, faro, holdings, copy, hear, records } = await pair();
  const large = randomBytes(1_000_000);
  const names = ['S1', 'S2', 'deep/S3'];
  await lisbon.uploads.sendAll(
    'cdr',
    names.map((name) => framed(name, Buffer.from(name))),
  );
  await lisbon.uploads.sendAll('cdr', [framed('empty', Buffer.alloc(0))]);
  await lisbon.uploads.send('cdr', framed('large', large).file, 0, inPieces(large));
  await lisbon.uploads.sendAll('backup', [framed('FTPdata/1', Buffer.from('first'), 10)]);
  await lisbon.uploads.sendAll('backup', [framed('FTPdata/1', Buffer.from('second'), 20)]);
  await hear();
  expect(holdings.total().files).toBe(6);
  await copy('small');
  await copy('large');
  expect(holdings.total()).toEqual({ files: 0, bytes: 0 });
  for (const name of [...names, 'empty', 'large']) {
    const [here, there] = [one, two].map((hub) => readFile(path.join(records(hub), name)));
    expect(await here).toEqual(await there);
  }
  const backup = path.join(two.folder, 'Backup', 'lisbon', 'FTPdata', '1');
  expect(await readFile(backup, 'utf8')).toBe('second');
  expect(await readdir(incoming(two))).toEqual([]);
  // As an older hub asks, and what it can make of the answer.
  const page = new HubPair(one.journal, 'x').page(0, 500);
  expect(page.rows).toHaveLength(5);
  expect(Check(olderAnswer, page)).toBe(true);
  expect((await faro.ledger(0)).rows.map(({ kind }) => kind)).toContain('backup');
});

it('goes on with a large file where it stopped, and keeps nothing of other bytes', async () => {
  const { one, two, lisbon, faro, holdings, copy, hear, records, told } = await pair();
  const large = randomBytes(1_000_000);
  const file = framed('large', large).file;
  await lisbon.uploads.send('cdr', file, 0, inPieces(large));
  await hear();
  const asked: number[] = [];
  const broken: Pick<HubClient, 'ledgerFile'> = {
    ledgerFile: async function* (identity, request) {
      asked.push(request.from ?? 0);
      let bytes = 0;
      for await (const piece of faro.ledgerFile(identity, request)) {
        yield piece;
        bytes += piece.length;
        if (asked.length === 1 && bytes >= 400_000) throw new Error('cut');
      }
    },
  };
  await expect(copy('large', broken)).rejects.toThrow('cut');
  await copy('large', broken);
  expect(asked[0]).toBe(0);
  expect(asked[1]).toBeGreaterThanOrEqual(400_000);
  expect(large.equals(await readFile(path.join(records(two), 'large')))).toBe(true);
  // What lies there is no longer what came.
  await lisbon.uploads.sendAll('cdr', [
    framed('a', Buffer.from('aaa')),
    framed('b', Buffer.from('b')),
  ]);
  await writeFile(path.join(records(one), 'a'), 'xxx');
  await rm(path.join(records(one), 'b'));
  await hear();
  await copy('small');
  expect(told).toEqual(['DIGEST_MISMATCH a']);
  expect(holdings.total().files).toBe(0);
  expect(await readdir(records(two))).toEqual(['large']);
});

it('gives the bytes of the ledger to the other hub alone, and of nothing else', async () => {
  const { one, lisbon, faro, records } = await pair();
  const { file } = framed('S1', Buffer.from('S1'));
  const identity: UploadIdentity = { branch: 'lisbon', kind: 'cdr', ...file };
  await lisbon.uploads.sendAll('cdr', [framed('S1', Buffer.from('S1'))]);
  expect((await gather(faro.ledgerFile(identity, { from: 1 }))).toString()).toBe('1');
  const codeOf = (client: HubClient, change: Partial<UploadIdentity> = {}) =>
    gather(client.ledgerFile({ ...identity, ...change }, {})).then(
      () => 'OK',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );
  expect(await codeOf(lisbon)).toBe('CERTIFICATE_STRANGE');
  expect(await codeOf(faro, { name: '../../hub.db' })).toBe('PEER_LACKS_FILE');
  expect(await codeOf(faro, { branch: '..' })).toBe('PEER_LACKS_FILE');
  expect(await codeOf(faro, { size: 3 })).toBe('PEER_LACKS_FILE');
  await truncate(path.join(records(one), 'S1'), 1);
  expect(await codeOf(faro)).toBe('PEER_LACKS_FILE');
});

it('takes no copy whose branch or name would lie elsewhere', async () => {
  const { two } = await pair();
  const bytes = Buffer.from('x');
  const file: LackingFile = {
    ...{ branch: 'lisbon', kind: 'cdr', name: 'x', size: 1, sha256: sha256Of(bytes) },
    ...{ stored: { modified: 1, received: 1, saved: 1 }, delivered: false },
  };
  for (const change of [{ branch: '..' }, { branch: 'a/b' }, { name: '../x' }, { name: './x' }]) {
    await expect(two.intake.take({ ...file, ...change }, bytes)).rejects.toMatchObject({
      code: expect.stringMatching(/^(NAME_MALFORMED|UPLOAD_REFUSED)$/) as string,
    });
  }
});

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  await Promise.resolve();
}
