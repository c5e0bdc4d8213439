import { BranchlineError } from '#libs/errors';
import type { LogLook, LogQuestion, LogSource } from '#libs/manager';
import { tailOfLog } from '#libs/observe';
import type { ServerClient } from '../server/server-client.ts';
import type { LivePlan } from './live-plan.ts';

const fileCursor = 'file ';

/** The log of the running server, or of its file while it does not answer. */
export function logSource(live: LivePlan, client: () => Promise<ServerClient>): LogSource {
  return async (question) => {
    const { file } = (await live.now()).plan.log;
    return (await fromServer(question, client, file ?? '')) ?? (await fromFile(question, file));
  };
}

async function fromServer(
  { after, level, service, text, limit }: LogQuestion,
  client: () => Promise<ServerClient>,
  file: string,
): Promise<LogLook | undefined> {
  const known = after?.startsWith(fileCursor) === true ? undefined : after;
  try {
    const { lines, cursor, gap } = await (
      await client()
    ).logs({
      limit,
      ...(known !== undefined && { after: known }),
      ...(level !== undefined && { level }),
      ...(service !== undefined && { service }),
      ...(text !== undefined && { text }),
    });
    const anew = after !== undefined && (gap || processOf(after) !== processOf(cursor));
    return { lines, origin: 'server', file, cursor, anew };
  } catch (error) {
    // Started with another token than the settings have now: its file tells the same.
    const isAway =
      error instanceof BranchlineError &&
      (error.code === 'NOT_RUNNING' || error.code === 'API_TOKEN_WRONG');
    if (isAway) return undefined;
    throw error;
  }
}

/** What a cursor says of the process whose lines it counts. */
const processOf = (cursor: string): string => cursor.slice(0, cursor.lastIndexOf('-'));

async function fromFile({ after, ...question }: LogQuestion, file = ''): Promise<LogLook> {
  if (file === '') {
    const anew = after !== undefined && after !== fileCursor;
    return { lines: [], origin: 'nowhere', file, cursor: fileCursor, anew };
  }
  const lines = await tailOfLog(file, question);
  const cursor = `${fileCursor}${lines.at(-1)?.time ?? ''}`;
  const anew = after?.startsWith(fileCursor) === false;
  const since = after?.startsWith(fileCursor) === true ? after.slice(fileCursor.length) : '';
  return {
    lines: lines.filter(({ time }) => time > since),
    origin: 'file',
    file,
    cursor: lines.length === 0 && after?.startsWith(fileCursor) === true ? after : cursor,
    anew,
  };
}
