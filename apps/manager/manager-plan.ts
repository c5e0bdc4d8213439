import { hostname } from 'node:os';
import path from 'node:path';
import type { PhoneCertificatesOptions } from '#libs/identity';
import { settingsFile } from '../cli/settings-file.ts';

/** What the manager is to be. */
export interface ManagerPlan {
  readonly address: string;
  readonly port: number;
  /** Of its accounts. */
  readonly folder: string;
  /** undefined = plain HTTP. */
  readonly certificate: Pick<PhoneCertificatesOptions, 'pairs' | 'names'> | undefined;
}

/**
 * What cannot be used has its default: the manager is where it is put right; but nothing is more open than it was meant
 * to be. @throws BranchlineError SETTINGS_UNREADABLE.
 */
export async function loadManagerPlan(file: string): Promise<ManagerPlan> {
  const { settings, faults } = (await settingsFile(file).read()).meaning;
  const { server, manager } = settings.values;
  const isWrong = (name: string): boolean =>
    faults.some(({ section, key }) => `${section}/${key}` === name);
  const own = path.join(server.certDir, 'manager');
  const files =
    manager.certFile === ''
      ? { certFile: path.join(own, 'certificate.pem'), keyFile: path.join(own, 'key.pem') }
      : { certFile: manager.certFile, keyFile: manager.keyFile };
  const names = [server.serverName, hostname(), server.bindAddress, 'localhost', '127.0.0.1'];
  return {
    address: isWrong('Settings/BindAddress') ? '127.0.0.1' : server.bindAddress,
    port: manager.port,
    folder: path.join(server.stateDir, 'manager'),
    certificate:
      manager.https || isWrong('MANAGER/ManagerHTTPS')
        ? { pairs: [{ ...files, kind: 'ec' }], names: [...new Set(names)].filter(isOneHost) }
        : undefined,
  };
}

/** Neither nothing nor every address of the machine. */
const isOneHost = (name: string): boolean => !['', '0.0.0.0', '::'].includes(name);
