import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { BranchlineError, systemCode } from '#libs/errors';
import { isInternalName, makeFolder, writeDurably, writeFolderOnce } from '#libs/files';
import { belongTogether } from './authority-files.ts';
import { parseCertificate } from './describe-certificate.ts';
import { readIfThere } from './read-if-there.ts';
import { hourMs } from './validity.ts';

const Link = Type.Object({
  hubId: Type.String({ minLength: 1, maxLength: 64 }),
  host: Type.String({ minLength: 1, maxLength: 253 }),
  hubPort: Type.Integer({ minimum: 1, maximum: 65_535 }),
  joinPort: Type.Integer({ minimum: 1, maximum: 65_535 }),
  branch: Type.String({ minLength: 1, maxLength: 64 }),
  pin: Type.String({ minLength: 1, maxLength: 64 }),
});

/** Where a branch's hub is, and how it is known. */
export type BranchLink = Static<typeof Link>;

/** Who a branch is towards one hub. */
export interface BranchIdentity extends BranchLink {
  readonly keyPem: string;
  readonly certificatePem: string;
  readonly authorityPem: string;
}

/** Names the folder that counts. */
const CURRENT = 'current';
const SET = /^identity-[0-9a-f-]{36}$/;

/**
 * A branch's identity towards one hub, in a folder of its own (`CertDir/primary`, `CertDir/secondary`). Each save is a
 * new folder with all files, and one small file says which folder counts: whatever happens, key and certificate fit.
 */
export class IdentityFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The identity saved last, or undefined before the first join. @throws BranchlineError CERTIFICATE_INVALID when it is damaged. */
  async load(): Promise<BranchIdentity | undefined> {
    const set = await this.#current();
    if (set === undefined) return undefined;
    if (!SET.test(set)) throw damaged(this.folder, `the file ${CURRENT} names no identity`);
    const folder = path.join(this.folder, set);
    const identity = {
      ...readLink(folder, await need(folder, 'link.json')),
      keyPem: await need(folder, 'key.pem'),
      certificatePem: await need(folder, 'certificate.pem'),
      authorityPem: await need(folder, 'authority.pem'),
    };
    requireFit(identity, folder);
    return identity;
  }

  /** On return the identity survives a power cut; before, the old one does. @throws BranchlineError CERTIFICATE_INVALID, DISK_FULL, WRITE_FAILED. */
  async save(identity: BranchIdentity): Promise<void> {
    const { keyPem, certificatePem, authorityPem, ...rest } = identity;
    requireFit(identity, this.folder);
    const set = `identity-${randomUUID()}`;
    const { hubId, host, hubPort, joinPort, branch, pin } = rest;
    const link: BranchLink = { hubId, host, hubPort, joinPort, branch, pin };
    await makeFolder(this.folder, 0o700);
    const before = await this.#current();
    await writeFolderOnce(path.join(this.folder, set), {
      'key.pem': { bytes: keyPem, mode: 0o600 },
      'certificate.pem': { bytes: certificatePem, mode: 0o644 },
      'authority.pem': { bytes: authorityPem, mode: 0o644 },
      'link.json': { bytes: `${JSON.stringify(link, undefined, 2)}\n`, mode: 0o644 },
    });
    await writeDurably(path.join(this.folder, CURRENT), `${set}\n`);
    await this.#sweep(set, before);
  }

  async #current(): Promise<string | undefined> {
    return (await readIfThere(path.join(this.folder, CURRENT)))?.trim();
  }

  /** Remove the set before this one, and what crashes left over; a young one may be another process's, about to be switched to. */
  async #sweep(set: string, before: string | undefined): Promise<void> {
    const { mtimeMs } = await stat(path.join(this.folder, set));
    const names = await readdir(this.folder);
    for (const name of names.filter((found) => found !== set && isOurs(found))) {
      const folder = path.join(this.folder, name);
      const age = mtimeMs - ((await modifiedAt(folder)) ?? mtimeMs);
      if (name === before || age > hourMs) await rm(folder, { recursive: true, force: true });
    }
  }
}

async function modifiedAt(folder: string): Promise<number | undefined> {
  try {
    return (await stat(folder)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const isOurs = (name: string): boolean => SET.test(name) || isInternalName(name);

async function need(folder: string, name: string): Promise<string> {
  const text = await readIfThere(path.join(folder, name));
  if (text === undefined) throw damaged(folder, `${name} is missing`);
  return text;
}

function readLink(folder: string, text: string): BranchLink {
  try {
    return Value.Parse(Link, JSON.parse(text));
  } catch (error) {
    throw damaged(folder, 'link.json is not what this version writes', error);
  }
}

function requireFit({ certificatePem, keyPem }: BranchIdentity, folder: string): void {
  if (belongTogether(parseCertificate(certificatePem, `the certificate in ${folder}`), keyPem))
    return;
  throw damaged(folder, 'the key is not the certificate’s');
}

function damaged(folder: string, why: string, cause?: unknown): BranchlineError {
  return new BranchlineError(
    'CERTIFICATE_INVALID',
    `the identity in ${folder} cannot be used: ${why}; join the hub again with a new invitation`,
    { cause },
  );
}
