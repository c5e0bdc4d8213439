import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import * as snmp from 'net-snmp';
import { onTestFinished } from 'vitest';
import { libraryUser, type UserCredentials } from '#libs/snmp';
import { freeUdpPort } from './free-udp-port.ts';

/** What is used of the library's agent; its types say `any`. */
interface LibraryAgent {
  getAuthorizer(): { addUser(user: snmp.User): void };
  registerProvider(provider: object): void;
  getMib(): { setScalarValue(name: string, value: string): void };
  close(done: () => void): void;
  readonly listener: { readonly sockets: Readonly<Record<string, Socket>> };
}

/** A telephone's agent for SNMP v3, by the library net-snmp; `objects` are texts by object identifier. */
export async function startV3Agent(
  users: readonly UserCredentials[],
  objects: Readonly<Record<string, string>>,
  address = '127.0.0.1',
): Promise<{ port: number }> {
  const port = await freeUdpPort(address);
  const transport = address.includes(':') ? 'udp6' : 'udp4';
  const options = { port, address, transport };
  const agent = snmp.createAgent(options, () => undefined) as LibraryAgent;
  for (const user of users) agent.getAuthorizer().addUser(libraryUser(snmp, user));
  for (const [oid, value] of Object.entries(objects)) {
    agent.registerProvider({
      name: oid,
      type: snmp.MibProviderType.Scalar,
      oid: oid.replace(/\.0$/, ''),
      scalarType: snmp.ObjectType.OctetString,
      maxAccess: snmp.MaxAccess['read-only'],
    });
    agent.getMib().setScalarValue(oid, value);
  }
  await Promise.all(Object.values(agent.listener.sockets).map(listening));
  onTestFinished(async () => {
    await new Promise<void>((resolve) => {
      agent.close(resolve);
    });
  });
  return { port };
}

async function listening(socket: Socket): Promise<void> {
  try {
    socket.address();
  } catch {
    await once(socket, 'listening');
  }
}
