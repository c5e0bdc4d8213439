import { isIPv4 } from 'node:net';
import { BranchlineError } from '#libs/errors';
import { malformed, type CommandHandler } from './command-handler.ts';
import {
  extendedPassiveText,
  parseEprt,
  parsePort,
  passiveText,
  type DataAddress,
} from './data-address.ts';
import type { PassivePromise } from './passive-ports.ts';
import { reply } from './reply.ts';
import type { Session } from './session.ts';

/** How the next data connection is to come about. */
export const dataCommands: Readonly<Record<string, CommandHandler>> = {
  PASV: (session) => {
    const refused = onlyExtended(session);
    if (refused !== undefined) return refused;
    const address = session.context.passiveAddress ?? session.localAddress ?? '';
    if (!isIPv4(address)) return reply(425, 'Use EPSV.');
    const { port } = promised(session);
    return reply(227, passiveText({ address, port }) ?? '');
  },
  EPSV: (session, argument) => {
    session.state.requireLogIn();
    if (argument.toUpperCase() === 'ALL') {
      session.state.extendedOnly = true;
      return reply(200, 'Only EPSV from now on.');
    }
    const family = isIPv4(session.address) ? '1' : '2';
    if (argument !== '' && argument !== family) {
      return reply(522, `Network protocol not supported, use (${family})`);
    }
    return reply(229, extendedPassiveText(promised(session).port));
  },
  PORT: (session, argument) =>
    onlyExtended(session) ?? active(session, parsePort(argument), 'PORT'),
  EPRT: (session, argument) =>
    onlyExtended(session) ?? active(session, parseEprt(argument), 'EPRT'),
};

function onlyExtended({ state }: Session): string | undefined {
  state.requireLogIn();
  return state.extendedOnly ? reply(503, 'EPSV ALL was sent.') : undefined;
}

function promised({ state, context, address }: Session): PassivePromise {
  state.dropPlan();
  const promise = context.passive.promise(address);
  if (promise === undefined) {
    throw new BranchlineError(
      'DATA_CONNECTION_FAILED',
      'every data port is promised to this address already: raise the number of PassivePorts',
    );
  }
  state.plan({ kind: 'passive', promise });
  return promise;
}

/** To the client itself only, and to no port of a service: else this server would knock at others' doors (RFC 2577). */
function active({ state, address }: Session, to: DataAddress | undefined, verb: string): string {
  if (to === undefined) throw malformed(`${verb} needs an address and a port`);
  if (to.address !== address || to.port < 1024) {
    throw new BranchlineError(
      'DATA_ADDRESS_REFUSED',
      `${verb} names ${to.address} port ${to.port}: data goes to the client itself only, above port 1023`,
    );
  }
  state.plan({ kind: 'active', to });
  return reply(200, 'The next data connection goes there.');
}
