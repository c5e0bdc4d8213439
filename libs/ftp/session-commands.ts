import { asBranchlineError } from '#libs/errors';
import { malformed, type CommandHandler } from './command-handler.ts';
import { longReply, reply } from './reply.ts';
import type { Session } from './session.ts';
import { printPath } from './virtual-path.ts';

/** Wrong passwords on one connection. */
const maxFailedLogIns = 3;

const features = [
  'AUTH TLS',
  'EPRT',
  'EPSV',
  'MDTM',
  'MLST type*;size*;modify*;perm*;',
  'PBSZ',
  'PROT',
  'REST STREAM',
  'SIZE',
  'TVFS',
  'UTF8',
];

const needsTls = new Set(['AUTH TLS', 'PBSZ', 'PROT']);

/** Who is there, and how the two sides speak with each other. */
export const sessionCommands: Readonly<Record<string, CommandHandler>> = {
  USER: ({ state }, name) => {
    if (name === '') throw malformed('USER needs a name');
    state.reset();
    state.user = name;
    return reply(331, 'Send the password.');
  },
  PASS: (session, password) => {
    const { user } = session.state;
    if (user === undefined) return reply(503, 'Send USER first.');
    return enter(session, user, password);
  },
  ACCT: () => reply(202, 'No account is needed.'),
  REIN: ({ state }) => {
    state.reset();
    return reply(220, 'Ready for a new user.');
  },
  QUIT: (session) => {
    session.endAfterReply();
    return reply(221, 'Goodbye.');
  },
  NOOP: () => reply(200, 'Fine.'),
  SYST: () => reply(215, 'UNIX Type: L8'),
  FEAT: ({ context }) => {
    const offered = features.filter(
      (feature) => !needsTls.has(feature) || context.secureContext() !== undefined,
    );
    return longReply(211, 'Features:', offered, 'End');
  },
  OPTS: (_, argument) => {
    if (/^UTF-?8(?: ON)?$/i.test(argument)) return reply(200, 'UTF8 is always on.');
    if (/^MLST(?: |$)/i.test(argument)) return reply(200, 'MLST OPTS type;size;modify;perm;');
    return reply(501, 'There is no such option.');
  },
  CLNT: () => reply(200, 'Noted.'),
  STAT: (session, argument) => {
    if (argument !== '') return reply(504, 'Ask for a listing with LIST or MLSD.');
    const { state, secured, transfer } = session;
    const lines = [
      state.area === undefined ? 'Nobody is logged in' : `Logged in: ${state.area.owner}`,
      `Folder: ${printPath(state.folder)}`,
      `TLS: ${secured ? 'on' : 'off'}, on data connections ${state.protect ? 'on' : 'off'}`,
      transfer === undefined ? 'No transfer' : `Transfer: ${transfer.bytes} bytes so far`,
    ];
    return longReply(211, 'Branchline FTP server', lines, 'End');
  },
  TYPE: (_, argument) =>
    // Bytes go as they are in either type: an old telephone's data must come back as it was.
    /^(?:A(?: N)?|I|L 8)$/i.test(argument)
      ? reply(200, 'Type set; bytes are never changed.')
      : reply(504, 'Only the types A, I and L 8 are known.'),
  MODE: (_, argument) =>
    /^S$/i.test(argument) ? reply(200, 'Stream mode.') : reply(504, 'Only stream mode is known.'),
  STRU: (_, argument) =>
    /^F$/i.test(argument) ? reply(200, 'File structure.') : reply(504, 'Only files are known.'),
  ALLO: () => reply(202, 'No storage need be allocated.'),
  AUTH: (session, argument) => {
    if (!/^(?:TLS|TLS-C|SSL)$/i.test(argument)) return reply(504, 'Only TLS is known.');
    if (session.context.secureContext() === undefined) return reply(431, 'There is no TLS here.');
    if (session.secured) return reply(503, 'TLS is on already.');
    session.state.reset();
    session.send(reply(234, 'Begin with TLS.'));
    session.startTls();
    return '';
  },
  PBSZ: ({ state, secured }) => {
    if (!secured) return reply(503, 'Send AUTH TLS first.');
    state.bufferSizeSaid = true;
    return reply(200, 'PBSZ=0');
  },
  PROT: ({ state, secured }, argument) => {
    if (!secured || !state.bufferSizeSaid) return reply(503, 'Send PBSZ first.');
    const level = argument.toUpperCase();
    if (level !== 'C' && level !== 'P') return reply(536, 'Only C and P are known.');
    state.protect = level === 'P';
    return reply(200, level === 'P' ? 'Data is protected.' : 'Data is in the clear.');
  },
};

async function enter(session: Session, user: string, password: string): Promise<string> {
  const { state, context, address } = session;
  try {
    const area = await context.logIn.enter(address, user, password);
    state.logIn(area);
    context.log[area.patient ? 'info' : 'debug']({ phone: address, as: area.owner }, 'ftp log-in');
    return reply(230, 'Logged in.');
  } catch (thrown) {
    const { code, message } = asBranchlineError(thrown);
    if (code === 'INTERNAL') throw thrown;
    context.log.warn(
      { phone: address, user: user.slice(0, 64), code, reason: message },
      'ftp log-in refused',
    );
    state.reset();
    state.failedLogIns += 1;
    if (state.failedLogIns >= maxFailedLogIns) session.endAfterReply();
    return reply(530, `Not logged in (${code}).`);
  }
}
