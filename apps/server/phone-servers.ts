import { TreeDelivery, type Transfer } from '#libs/delivery';
import { PhoneWebServer } from '#libs/http';
import { openPhoneCertificate } from '#libs/identity';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { Listener } from './listeners.ts';
import type { ServerPlan } from './server-plan.ts';
import { tftpPart } from './tftp-part.ts';

/** Memory for small files: the settings and upgrade files of every family many times over. */
const cacheBytes = 64 * 1024 * 1024;

export interface PhoneServersOptions {
  readonly plan: ServerPlan;
  readonly log: Logger;
  readonly clock: Clock;
  readonly onTransfer: (transfer: Transfer) => void;
}

/** The servers that telephones talk to, as the plan wants them; all ask one delivery. */
export async function phoneServers(options: PhoneServersOptions): Promise<(Service & Listener)[]> {
  const { plan, log, clock, onTransfer } = options;
  const delivery = new TreeDelivery({ trees: plan.folders.trees, cacheBytes, log, clock });
  const shared = { address: plan.bindAddress, delivery, onTransfer };
  const servers: (Service & Listener)[] = [];
  if (plan.tftp !== undefined) {
    servers.push(tftpPart({ ...shared, plan: plan.tftp, log: log.child({ service: 'tftp' }) }));
  }
  if (plan.http !== undefined) {
    const { ports } = plan.http;
    const web = { ...shared, ports, clock, log: log.child({ service: 'http' }) };
    servers.push(
      asListener(new PhoneWebServer({ ...web, name: 'http', tree: 'HTTP' }), 'HTTP', 'http'),
    );
  }
  if (plan.https !== undefined) {
    const { ports, certFile, keyFile } = plan.https;
    const pair = await openPhoneCertificate({ certFile, keyFile, names: [plan.name], clock });
    const tls = { cert: pair.certificatePem, key: pair.keyPem };
    const web = { ...shared, ports, clock, tls, log: log.child({ service: 'https' }) };
    servers.push(
      asListener(new PhoneWebServer({ ...web, name: 'https', tree: 'HTTPS' }), 'HTTPS', 'https'),
    );
  }
  return servers;
}

type PhoneServer = Service & { addresses(): readonly { address: string; port: number }[] };

const asListener = (
  server: PhoneServer,
  label: string,
  protocol: 'http' | 'https',
): Service & Listener => ({
  name: server.name,
  label,
  protocol,
  start: () => server.start(),
  stop: () => server.stop(),
  addresses: () => server.addresses(),
});
