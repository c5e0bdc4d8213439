import type { BackupStore } from '#libs/backups';
import type { Delivery, Transfer } from '#libs/delivery';
import { FtpServer, LogIn, PassivePorts, SuperUserArea } from '#libs/ftp';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { IdentifyPhone } from '#libs/phones';
import type { Listener } from './listeners.ts';
import type { PhoneTlsPart } from './phone-tls-part.ts';
import type { Freshen } from './restore-part.ts';
import type { FtpPlan } from './server-plan.ts';

export interface FtpPartOptions {
  readonly plan: FtpPlan;
  readonly address: string;
  readonly delivery: Delivery;
  readonly backups: BackupStore;
  /** Undefined when nobody is asked (UseSNMP=0). */
  readonly identifyPhone: IdentifyPhone | undefined;
  /** Where backups of roaming telephones are found, when this server has a hub. */
  readonly freshen: Freshen | undefined;
  readonly tls: PhoneTlsPart;
  readonly log: Logger;
  readonly clock: Clock;
  readonly onTransfer: (transfer: Transfer) => void;
}

/** How long a client may take to connect to a data port that it was promised. */
const promiseMs = 30_000;
/** Data ports when the settings name none; as many as one address may have sessions. */
const anyPorts = 64;
const maxListed = 100_000;
/** FTP and FTPS are one door, and share the tickets of their TLS sessions: data connections resume them. */
const tickets = 'ftp';

/** FTP and FTPS as planned, with the data ports that they share. */
export function ftpPart(options: FtpPartOptions): {
  readonly services: readonly Service[];
  readonly dataPorts: Service;
  readonly listeners: readonly (Service & Listener)[];
} {
  const { plan, address, delivery, backups, freshen, identifyPhone, tls, log, clock, onTransfer } =
    options;
  const { superUser, passivePorts, limits } = plan;
  const passive = new PassivePorts({
    address,
    ports: passivePorts === 'any' ? { any: anyPorts } : passivePorts,
    promiseMs,
    log: log.child({ service: 'ftp' }),
  });
  const area =
    superUser &&
    new SuperUserArea({
      folders: superUser.folders,
      maxBytes: superUser.maxBytes,
      listed: maxListed,
    });
  const logIn = new LogIn({
    phones: { delivery, backups, freshen, identifyPhone },
    superUser: superUser && area && { name: superUser.name, password: superUser.password, area },
    clock,
  });
  const listeners = plan.servers.map(({ name, port, activePort }) => {
    const server = new FtpServer({
      ...{ name, address, port, activePort, logIn, passive, limits, clock, onTransfer },
      passiveAddress: plan.passiveAddress,
      resumedOnly: plan.resumedOnly,
      tls: tls.tlsOf(tickets),
      log: log.child({ service: name }),
    });
    tls.follow(tickets, (next) => {
      server.setTls(next);
    });
    return {
      name,
      label: name.toUpperCase(),
      protocol: name,
      start: () => server.start(),
      stop: () => server.stop(),
      addresses: () => server.addresses(),
      detail: () => `${server.sessions} sessions; ${passive.ports.length} data ports`,
    };
  });
  const prepared: Service = {
    name: 'uploads by FTP',
    start: async () => {
      await area?.prepare();
      await backups.prepare();
    },
    stop: () => Promise.resolve(),
  };
  return { services: [prepared], listeners, dataPorts: passive };
}
