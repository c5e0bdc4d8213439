import type { AskKeys, RememberedPasswords } from '#libs/backups';
import type { Delivery, Transfer } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import { oldTls, PhoneWebServer, type PhoneWebServerOptions } from '#libs/http';
import type { PhoneTls } from '#libs/identity';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { IdentifyPhone } from '#libs/phones';
import { ftpPart } from './ftp-part.ts';
import type { Listener } from './listeners.ts';
import { phoneBackups } from './phone-backups.ts';
import { settledIn, type OnSaved, type PhoneStore } from './phone-stores.ts';
import type { PhoneTlsPart } from './phone-tls-part.ts';
import type { Restorer } from './restore-part.ts';
import type { HttpsPlan, ServerPlan } from './server-plan.ts';
import { tftpPart } from './tftp-part.ts';
import { uploadPart } from './upload-part.ts';

export interface PhoneServersOptions {
  readonly plan: ServerPlan;
  readonly delivery: Delivery;
  readonly log: Logger;
  readonly clock: Clock;
  readonly onTransfer: (transfer: Transfer) => void;
  /** There is one where telephones are served by TLS. */
  readonly tls: PhoneTlsPart | undefined;
  /** Who a telephone is; absent when telephones are not asked. */
  readonly identify?: IdentifyPhone | undefined;
  readonly restore: Restorer;
  /** What telephones save is acknowledged once this resolves; never for what the other server of a pair has saved. */
  readonly onSaved?: OnSaved | undefined;
  /** Asks the other server of a pair with which keys it remembers passwords. */
  readonly askKeys?: AskKeys | undefined;
}

export interface PhoneServers {
  /** Ports that the kernel chooses: opened after all that the settings name, for it might choose those. */
  readonly late: readonly Service[];
  /** What the listeners need, started before them. */
  readonly services: readonly Service[];
  readonly listeners: readonly (Service & Listener)[];
  /** Where telephones save. */
  readonly stores: readonly PhoneStore[];
  /** Of backups by HTTPS; undefined where none are saved. */
  readonly passwords: RememberedPasswords | undefined;
}

/** The servers that telephones talk to, as the plan wants them; all ask one delivery. */
export function phoneServers(options: PhoneServersOptions): PhoneServers {
  const { plan, delivery, log, clock, onTransfer, tls, identify, restore, onSaved, askKeys } =
    options;
  const shared = { address: plan.bindAddress, delivery, onTransfer };
  const uploads = uploadPart(plan, {
    ...{ identify: identify ?? unanswered, log, clock, restore, onSaved, askKeys },
  });
  const servers: (Service & Listener)[] = [];
  if (plan.tftp !== undefined) {
    servers.push(tftpPart({ ...shared, plan: plan.tftp, log: log.child({ service: 'tftp' }) }));
  }
  if (plan.http !== undefined) {
    const { ports } = plan.http;
    const { spaces } = uploads;
    const web = { ...shared, ports, clock, uploads: spaces, log: log.child({ service: 'http' }) };
    servers.push(
      asListener(new PhoneWebServer({ ...web, name: 'http', tree: 'HTTP' }), 'HTTP', 'http'),
    );
  }
  if (plan.https !== undefined && tls !== undefined) {
    const { spaces } = uploads;
    const web = { ...shared, clock, uploads: spaces, log: log.child({ service: 'https' }) };
    servers.push(...httpsServers(plan.https, tls, web));
  }
  if (plan.ftp === undefined || tls === undefined) {
    const { services, stores, passwords } = uploads;
    return { services, stores, passwords, listeners: servers, late: [] };
  }
  const folder = plan.folders.trees.FTP;
  const area = 'phones-ftp';
  const backups = phoneBackups(folder, { log, clock, onSettled: settledIn(area, onSaved) });
  const { services, listeners, dataPorts } = ftpPart({
    ...{ ...shared, plan: plan.ftp, log, clock, tls, backups },
    freshen: restore({ prefix: 'FTPdata', folder, store: backups }),
    identifyPhone: identify,
  });
  return {
    services: [...uploads.services, ...services],
    listeners: [...listeners, ...servers],
    late: [dataPorts],
    passwords: uploads.passwords,
    stores: [...uploads.stores, { area, folder, store: backups }],
  };
}

/** One for telephones of today and one for old ones: neither has a port, a cipher or a session of the other. */
function httpsServers(
  { ports, oldTls: old }: HttpsPlan,
  tls: PhoneTlsPart,
  shared: Pick<
    PhoneWebServerOptions,
    'address' | 'delivery' | 'uploads' | 'onTransfer' | 'clock' | 'log'
  >,
): (Service & Listener)[] {
  const serve = (
    tickets: string,
    on: readonly number[],
    narrowed: (shown: PhoneTls) => PhoneTls,
  ): PhoneWebServer => {
    const shown = narrowed(tls.tlsOf(tickets));
    const web = { ...shared, name: 'https', tree: 'HTTPS', ports: on, tls: shown } as const;
    const server = new PhoneWebServer(web);
    tls.follow(tickets, (next) => {
      server.setTls(narrowed(next));
    });
    return server;
  };
  const servers: (Service & Listener)[] = [];
  if (ports.length > 0) {
    servers.push(asListener(serve('https', ports, identity), 'HTTPS', 'https'));
  }
  if (old !== undefined) {
    const server = serve('old https', old.ports, (shown) => ({ ...shown, ...oldTls(old) }));
    servers.push({
      ...asListener(server, 'HTTPS for old telephones', 'https'),
      detail: () =>
        old.unencrypted
          ? 'TLS 1.0 without encryption: everybody on the way can read along'
          : 'TLS 1.0 and 1.1, which are broken',
    });
  }
  return servers;
}

const identity = (shown: PhoneTls): PhoneTls => shown;

const unanswered: IdentifyPhone = (address) =>
  Promise.reject(new BranchlineError('PHONE_UNVERIFIED', `${address} was not asked by SNMP`));

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
