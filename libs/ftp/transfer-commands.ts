import type { Duplex } from 'node:stream';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import type { TransferDirection } from '#libs/observe';
import { malformed, type CommandHandler } from './command-handler.ts';
import { DataTransfer } from './data-transfer.ts';
import { refusePlan, type DataDirection } from './farewell.ts';
import type { Kept } from './file-area.ts';
import { factsLine, listLine, type Entry } from './listing.ts';
import { receiveBody } from './receive-body.ts';
import { reply } from './reply.ts';
import { endWith, sendFile } from './send-file.ts';
import type { Session } from './session.ts';
import { reported, TransferReport } from './transfer-report.ts';
import { printPath, resolveVirtual, type VirtualPath } from './virtual-path.ts';

/** What goes over data connections. */
export const transferCommands: Readonly<Record<string, CommandHandler>> = {
  REST: ({ state }, argument) => {
    state.requireLogIn();
    if (!/^\d{1,15}$/.test(argument)) throw malformed('REST needs a number of bytes');
    state.restartAt(Number(argument));
    return reply(350, 'The next transfer begins there.');
  },
  RETR: async (session, argument) => {
    const from = session.state.takeRestart();
    await retrieve(session, fileNamed(session, 'RETR', 'download', argument), from);
    return reply(226, 'The file was sent.');
  },
  STOR: async (session, argument) => {
    const kept = session.state.takeRestart();
    await store(session, fileNamed(session, 'STOR', 'upload', argument), kept);
    return reply(226, 'The file is stored.');
  },
  APPE: async (session, argument) => {
    session.state.takeRestart();
    await store(session, fileNamed(session, 'APPE', 'upload', argument), 'all');
    return reply(226, 'The file is stored.');
  },
  LIST: (session, argument) => {
    const now = session.context.clock.now();
    // Options of `ls` that clients send ahead of the name.
    const path = argument.replace(/^(?:-[A-Za-z0-9]*(?: |$))+/, '');
    return listing(session, path, (entry) => listLine(entry, now));
  },
  NLST: (session, argument) => {
    const path = argument.replace(/^(?:-[A-Za-z0-9]*(?: |$))+/, '');
    return listing(session, path, ({ name }) => `${name}\r\n`);
  },
  MLSD: (session, argument) => listing(session, argument, (entry) => `${factsLine(entry)}\r\n`),
  ABOR: ({ state }) => {
    state.dropPlan();
    return reply(226, 'Nothing is going on any more.');
  },
};

/** A name that cannot be is refused, and reported, as one that is not there. */
function fileNamed(
  session: Session,
  verb: string,
  direction: TransferDirection,
  argument: string,
): VirtualPath {
  session.state.requireLogIn();
  if (argument === '') throw malformed(`${verb} needs a name`);
  try {
    const path = resolveVirtual(session.state.folder, argument);
    if (path.length > 0) return path;
    throw new BranchlineError('NOT_FOUND', 'the root is not a file');
  } catch (thrown) {
    const error = asBranchlineError(thrown);
    refusePlan(session);
    new TransferReport(session, direction, argument.slice(0, 200)).failed(error);
    throw error;
  }
}

async function retrieve(session: Session, path: VirtualPath, from: number): Promise<void> {
  const { state, context } = session;
  const { files } = state;
  await reported(session, 'download', path, async (report) => {
    const file = await files.open(path);
    try {
      report.name = file.name;
      if (from > file.size) throw beyond(path, from);
      const opening = `Sending ${file.size - from} bytes.`;
      await withData(session, { direction: 'download', opening, report }, (stream, transfer) =>
        sendFile(stream, file, from, context.buffers, transfer.moved),
      );
    } finally {
      await file.close();
    }
  });
}

async function store(session: Session, path: VirtualPath, kept: Kept): Promise<void> {
  const { files } = session.state;
  await reported(session, 'upload', path, async (report) => {
    await files.mayStore(path);
    const opening = 'Send the bytes.';
    await withData(session, { direction: 'upload', opening, report }, async (stream, transfer) => {
      const body = receiveBody(stream, transfer.moved, () => session.isGone);
      const saved = await files.save(path, body, kept);
      report.name = saved.name;
      report.sha256 = saved.sha256;
      // What is stored is stored: TLS wants a farewell, but no client is owed one.
      await endWith(stream).catch(() => undefined);
    });
  });
}

async function listing(
  session: Session,
  argument: string,
  line: (entry: Entry) => string,
): Promise<string> {
  const { files, folder } = session.state;
  try {
    const entries = await files.list(resolveVirtual(folder, argument));
    const text = entries.map(line).join('');
    const opening = 'Here is the listing.';
    await withData(session, { direction: 'download', opening }, (stream) => endWith(stream, text));
    return reply(226, 'The listing was sent.');
  } finally {
    refusePlan(session);
  }
}

interface DataUse {
  readonly direction: DataDirection;
  readonly opening: string;
  readonly report?: TransferReport;
}

/** Do `work` with a data connection; it is gone afterwards, and so is the plan for it whatever happened. */
async function withData(
  session: Session,
  { direction, opening, report }: DataUse,
  work: (stream: Duplex, transfer: DataTransfer) => Promise<void>,
): Promise<void> {
  const { state, context, localAddress } = session;
  const transfer = new DataTransfer({
    context,
    plan: state.takePlan(),
    localAddress,
    direction,
    protect: state.protect,
    onOpen: () => {
      session.send(reply(150, opening));
    },
  });
  session.transfer = transfer;
  try {
    await transfer.run((stream) => work(stream, transfer));
  } finally {
    session.transfer = undefined;
    if (report !== undefined) report.bytes = transfer.bytes;
  }
}

const beyond = (path: VirtualPath, from: number): BranchlineError =>
  new BranchlineError(
    'LENGTH_MISMATCH',
    `${JSON.stringify(printPath(path).slice(0, 200))} has fewer than ${from} bytes`,
  );
