import { ClientSlots, type Delivery, type Transfer } from '#libs/delivery';
import type { Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { TftpServer } from '#libs/tftp';
import type { Listener } from './listeners.ts';
import type { TftpPlan } from './server-plan.ts';

export interface TftpPartOptions {
  readonly plan: TftpPlan;
  readonly address: string;
  readonly delivery: Delivery;
  readonly log: Logger;
  readonly onTransfer: (transfer: Transfer) => void;
}

/** The TFTP server, and what the status says of it: places for telephones, and the buffer that a storm of them needs. */
export function tftpPart({ plan, ...shared }: TftpPartOptions): Service & Listener {
  const { port, dataPorts, batching, maxClients, sessionMs } = plan;
  const slots = new ClientSlots({ maxClients, sessionMs });
  const server = new TftpServer({ ...shared, port, dataPorts, batching, slots });
  return {
    name: server.name,
    label: 'TFTP',
    protocol: 'tftp',
    start: () => server.start(),
    stop: () => server.stop(),
    addresses: () => server.addresses(),
    detail: () =>
      [
        ...(server.batched ? ['batched'] : []),
        buffer(server.receiveBuffer()),
        ...places(slots),
      ].join('; '),
  };
}

function buffer({ wanted, effective }: ReturnType<TftpServer['receiveBuffer']>): string {
  const size = `receive buffer ${kibibytes(effective)}`;
  return effective < wanted
    ? `${size} of ${kibibytes(wanted)}, too little for many telephones at once: raise net.core.rmem_max`
    : size;
}

const kibibytes = (bytes: number): string => `${Math.round(bytes / 1_024)} KiB`;

function places({ usage: { taken, maxClients, turnedAway } }: ClientSlots): string[] {
  if (maxClients === 0) return [];
  return [`${taken} of ${maxClients} places taken, ${turnedAway} requests found none`];
}
