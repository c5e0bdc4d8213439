import { BranchlineError } from '#libs/errors';
import { malformed, type CommandHandler } from './command-handler.ts';
import { factsLine, timeValue } from './listing.ts';
import { longReply, reply } from './reply.ts';
import type { Session } from './session.ts';
import { reported } from './transfer-report.ts';
import { printPath, resolveVirtual, type VirtualPath } from './virtual-path.ts';

/** Moving about, and changing names. */
export const folderCommands: Readonly<Record<string, CommandHandler>> = {
  CWD: async ({ state }, argument) => {
    const { files } = state;
    const folder = resolveVirtual(state.folder, named('CWD', argument));
    await files.enter(folder);
    state.folder = folder;
    return reply(250, `The folder is ${printPath(folder)} now.`);
  },
  CDUP: ({ state }) => {
    state.requireLogIn();
    state.folder = state.folder.slice(0, -1);
    return reply(250, `The folder is ${printPath(state.folder)} now.`);
  },
  PWD: ({ state }) => {
    state.requireLogIn();
    return reply(257, `${quoted(state.folder)} is the folder.`);
  },
  MKD: async (session, argument) => {
    const [area, path] = target(session, 'MKD', argument);
    await area.makeFolder(path);
    return reply(257, `${quoted(path)} was made.`);
  },
  RMD: async (session, argument) => {
    const [area, path] = target(session, 'RMD', argument);
    await area.removeFolder(path);
    return reply(250, 'The folder was removed.');
  },
  DELE: async (session, argument) => {
    const [area, path] = target(session, 'DELE', argument);
    await reported(session, 'removal', path, () => area.remove(path));
    return reply(250, 'The file was removed.');
  },
  RNFR: async (session, argument) => {
    const [area, path] = target(session, 'RNFR', argument);
    await area.look(path);
    session.state.renameFrom(path);
    return reply(350, 'Send the new name with RNTO.');
  },
  RNTO: async (session, argument) => {
    const [area, path] = target(session, 'RNTO', argument);
    const from = session.state.takeRenameFrom();
    if (from === undefined) return reply(503, 'Send RNFR first.');
    await area.rename(from, path);
    return reply(250, 'Renamed.');
  },
  SIZE: async (session, argument) => {
    const [area, path] = target(session, 'SIZE', argument);
    const { size } = fileOnly(await area.look(path), path);
    return reply(213, String(size));
  },
  MDTM: async (session, argument) => {
    const [area, path] = target(session, 'MDTM', argument);
    const { modifiedMs } = fileOnly(await area.look(path), path);
    return reply(213, timeValue(modifiedMs));
  },
  MLST: async (session, argument) => {
    const { state } = session;
    const path = resolveVirtual(state.folder, argument);
    const entry = await state.files.look(path);
    return longReply(250, 'Facts:', [factsLine({ ...entry, name: printPath(path) })], 'End');
  },
};

function target(
  { state }: Session,
  verb: string,
  argument: string,
): [Session['state']['files'], VirtualPath] {
  const { files } = state;
  return [files, resolveVirtual(state.folder, named(verb, argument))];
}

function named(verb: string, argument: string): string {
  if (argument === '') throw malformed(`${verb} needs a name`);
  return argument;
}

function fileOnly<T extends { readonly folder: boolean }>(entry: T, path: VirtualPath): T {
  if (!entry.folder) return entry;
  throw new BranchlineError('NOT_FOUND', `${JSON.stringify(printPath(path))} is a folder`);
}

/** Quotation marks in a path are doubled (RFC 959, appendix II). */
const quoted = (path: VirtualPath): string => `"${printPath(path).replaceAll('"', '""')}"`;
