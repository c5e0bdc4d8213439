import {
  NamePatterns,
  phoneProof,
  RememberedPasswords,
  type BackupStore,
  type BackupStoreOptions,
  type ProofKind,
} from '#libs/backups';
import { TreeDelivery } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import type { PhoneWebServerOptions } from '#libs/http';
import path from 'node:path';
import { backupStore } from './backup-store.ts';
import { tempFolder } from './temp-folder.ts';
import type { Contents } from './temp-tree.ts';
import { webBranch, type WebBranch } from './web-branch.ts';

export interface UploadBranch extends WebBranch {
  /** Backups of telephones. */
  readonly store: BackupStore;
  readonly folder: string;
  /** Files of other makers. */
  readonly devices: BackupStore;
  readonly deviceFolder: string;
  /** What SNMP says of each address; nothing where there is no entry. */
  readonly extensions: Map<string, string>;
  readonly passwords: RememberedPasswords;
}

export interface UploadBranchOptions extends Partial<PhoneWebServerOptions> {
  readonly proof?: ProofKind;
  readonly limitsOfStore?: Partial<BackupStoreOptions>;
  readonly files?: Contents;
  readonly backups?: string;
}

/** A web server for phones that takes backups and, under a few names, files of other makers. */
export async function uploadBranch(options: UploadBranchOptions = {}): Promise<UploadBranch> {
  const { proof = 'none', limitsOfStore = {}, files = {}, ...web } = options;
  const folder = options.backups ?? (await tempFolder());
  const deviceFolder = await tempFolder();
  const store = await backupStore(folder, limitsOfStore);
  const devices = await backupStore(deviceFolder, { maxFiles: 3 });
  const extensions = new Map<string, string>();
  const passwords = new RememberedPasswords(folder, path.join(await tempFolder(), 'key'));
  const reading = (root: string): TreeDelivery =>
    new TreeDelivery({ trees: { HTTP: root, HTTPS: root }, cacheBytes: 1024 * 1024 });
  const branch = await webBranch(files, {
    ...web,
    uploads: web.uploads ?? [
      {
        kind: 'phone',
        names: new NamePatterns(['<ext>_96xxdata.txt', '<ext>_16xxdata.txt']),
        store,
        reading: reading(folder),
        proof: phoneProof(proof, {
          passwords,
          identify: (address) => {
            const extension = extensions.get(address);
            return extension === undefined
              ? Promise.reject(new BranchlineError('PHONE_UNVERIFIED', 'no answer'))
              : Promise.resolve({ extension, type: '9630' });
          },
        }),
      },
      {
        kind: 'device',
        names: new NamePatterns(['<mac>-phone.cfg', 'logs/<mac>-app.log', 'inno-*.txt']),
        store: devices,
        reading: reading(deviceFolder),
        proof: undefined,
      },
    ],
  });
  return { ...branch, store, folder, devices, deviceFolder, extensions, passwords };
}
