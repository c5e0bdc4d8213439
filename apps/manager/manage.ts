import { AuditLog, noAudit } from '#libs/audit';
import { makeFolder } from '#libs/files';
import { notifySystemd, SingleInstance, startAll, StopRequest, systemClock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { PhoneCertificates, type PhoneKeys } from '#libs/identity';
import { ManagerServer, type ManagerTls } from '#libs/manager';
import type { ServerPlan } from '../server/server-plan.ts';
import { supervisedServer } from './supervised-server.ts';
import { managerPages } from './manager-pages.ts';
import type { ManagerPlan } from './manager-plan.ts';

export interface ManageOptions {
  readonly plan: ServerPlan;
  readonly manager: ManagerPlan;
  /** Keep the server running as well, in a process of its own. */
  readonly withServer: boolean;
  /** Path of the settings file. */
  readonly config: string;
  readonly version: string;
  readonly log: Logger;
}

/** Run the manager in the foreground until it is asked to end; it stays up while the server restarts. */
export async function manage(options: ManageOptions): Promise<void> {
  const { plan, manager, config, version, log } = options;
  const child = options.withServer ? supervisedServer(config) : undefined;
  await makeFolder(manager.folder, 0o700);
  const audit =
    plan.audit === undefined
      ? undefined
      : new AuditLog({
          ...plan.audit,
          onTrouble: (error) => {
            log.error({ err: error }, 'the audit log cannot be written');
          },
        });
  const certificates =
    manager.certificate &&
    (await PhoneCertificates.open({
      ...{ ...manager.certificate, clientAuthorityFile: undefined, audience: 'browsers' },
      ...{ clock: systemClock, log },
    }));
  const server = new ManagerServer({
    address: manager.address,
    port: manager.port,
    tls: certificates && tlsOf(certificates.current()),
    folder: manager.folder,
    server: plan.name,
    version,
    pages: managerPages(options, child),
    audit: audit ?? noAudit,
    clock: systemClock,
    log,
  });
  certificates?.subscribe((keys) => {
    server.setTls(tlsOf(keys));
  });
  const wish = new StopRequest();
  try {
    const stop = await startAll([
      new SingleInstance(manager.folder),
      ...(audit === undefined ? [] : [audit]),
      ...(certificates === undefined ? [] : [certificates]),
      server,
      ...(child === undefined ? [] : [child]),
    ]);
    const { port } = server;
    log.info({ name: plan.name, version, address: manager.address, port }, 'ready');
    if (await server.needsSetUp()) {
      const link = `${linkBase(manager, port)}${await server.setUpPath()}`;
      log.warn({ link }, 'nobody can sign in yet: open this link, it works once within a day');
    }
    // After the link: who starts it by hand looks for that next.
    notifySystemd('READY=1', `STATUS=manages ${plan.name}`);
    await wish.asked;
    notifySystemd('STOPPING=1');
    log.info('stopping');
    await stop();
  } finally {
    wish.dispose();
  }
}

function tlsOf({ pairs }: PhoneKeys): ManagerTls {
  return {
    cert: pairs.map(({ certificatePem }) => certificatePem),
    key: pairs.map(({ keyPem }) => keyPem),
  };
}

/** Where a browser finds the manager, as well as it is known here. */
export function linkBase(
  { address, certificate }: Pick<ManagerPlan, 'address' | 'certificate'>,
  port: number | undefined,
): string {
  const everywhere = ['0.0.0.0', '::', ''].includes(address);
  const host = everywhere ? 'localhost' : address;
  const protocol = certificate === undefined ? 'http' : 'https';
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
