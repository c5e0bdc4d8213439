import { BranchlineError } from '#libs/errors';
import type { Session } from './session.ts';

/** Answers one command with a reply, or with an empty text when all is said. May throw BranchlineError. */
export type CommandHandler = (session: Session, argument: string) => string | Promise<string>;

export const malformed = (what: string): BranchlineError =>
  new BranchlineError('COMMAND_MALFORMED', `the command cannot be understood: ${what}`);
