import { isIPv6 } from 'node:net';
import { BranchlineError } from '#libs/errors';
import type { DatagramPort, OpenPort, PortOptions } from './datagram-port.ts';
import type { Door } from './door.ts';

/** Where answers come from: ports that the kernel chooses, a range for firewalls, or the request port itself. */
export type DataPorts = 'any' | 'request port' | { readonly from: number; readonly to: number };

export interface DoorPlan {
  readonly openPort: OpenPort;
  readonly door: Door;
  readonly address: string;
  readonly port: number;
  readonly ipv6Only: boolean;
  readonly dataPorts: DataPorts;
  readonly onError: (error: Error) => void;
}

export interface OpenDoor {
  readonly requests: DatagramPort;
  /** Every port of the door, the request port included. */
  readonly ports: readonly DatagramPort[];
}

/**
 * Answering ports per local address. Two, so that a phone's next transfer comes from another port than its last; with more of
 * them fewer datagrams share a system call.
 */
const standingPorts = 2;
/** Bytes; 2,000 phones that ask in the same instant fit, the stock size loses most of them. */
export const wantedBufferBytes = 4 * 1024 * 1024;

/**
 * Bind one local address. Whatever was bound is closed again when the rest cannot be.
 * @throws BranchlineError LISTEN_FAILED.
 */
export async function openDoor(plan: DoorPlan): Promise<OpenDoor> {
  const { door, openPort, address, ipv6Only, onError, dataPorts } = plan;
  const ports: DatagramPort[] = [];
  const open = async (port: number, onDatagram: PortOptions['onDatagram']) => {
    const bufferBytes = wantedBufferBytes;
    const opened = await openPort({ address, port, ipv6Only, bufferBytes, onDatagram, onError });
    ports.push(opened);
    return opened;
  };
  try {
    if (dataPorts === 'request port') {
      const requests = await open(plan.port, door.onEither.bind(door));
      door.answerFrom([requests]);
      return { requests, ports };
    }
    const lines: DatagramPort[] = [];
    for (const port of candidates(dataPorts)) {
      if (lines.length === standingPorts) break;
      const line = await open(port, door.onReply.bind(door)).catch(skipWhenTaken(port));
      if (line !== undefined) lines.push(line);
    }
    if (lines.length === 0) throw noneFree(address, dataPorts);
    door.answerFrom(lines);
    // Last: from here on phones ask.
    const requests = await open(plan.port, (_from, datagram, peer) => {
      door.onRequest(datagram, peer);
    });
    return { requests, ports };
  } catch (error) {
    await Promise.all(ports.map((port) => port.close()));
    throw error;
  }
}

/** `::` beside an IPv4 wildcard must leave IPv4 alone. */
export function mustBeIpv6Only(address: string, all: readonly string[]): boolean {
  return isIPv6(address) && all.some((other) => !isIPv6(other));
}

function candidates(dataPorts: Exclude<DataPorts, 'request port'>): readonly number[] {
  if (dataPorts === 'any') return Array.from({ length: standingPorts }, () => 0);
  const { from, to } = dataPorts;
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

/** A port of the range that somebody else has is passed over; a port that the kernel chooses has no excuse. */
function skipWhenTaken(port: number): (error: unknown) => undefined {
  return (error) => {
    if (port === 0) throw error;
    return undefined;
  };
}

function noneFree(address: string, dataPorts: Exclude<DataPorts, 'request port'>): BranchlineError {
  const range = dataPorts === 'any' ? '' : ` from ${dataPorts.from} to ${dataPorts.to}`;
  return new BranchlineError(
    'LISTEN_FAILED',
    `TFTP finds no free UDP data port${range} on ${address}: free one or set another range`,
  );
}
