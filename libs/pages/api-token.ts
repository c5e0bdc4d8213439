import { createHash, timingSafeEqual } from 'node:crypto';
import { BranchlineError } from '#libs/errors';

/** Passwords that were printed in manuals: they open no door. */
const printed = new Set(['avaya', 'jerry']);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Let pass who shows the ApiToken as bearer; without a token in the settings nobody passes.
 * The comparison takes the same time however much of the token is right.
 * @throws BranchlineError API_TOKEN_WRONG.
 */
export function requireToken(token: string | undefined, authorization: string | undefined): void {
  if (token === undefined || token === '' || printed.has(token.toLowerCase())) {
    throw new BranchlineError(
      'API_TOKEN_WRONG',
      'this server takes no commands: set [Settings] ApiToken to a secret of your own',
    );
  }
  const shown = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  if (timingSafeEqual(digest(shown), digest(token))) return;
  throw new BranchlineError(
    'API_TOKEN_WRONG',
    'the ApiToken is missing or wrong: send the header "Authorization: Bearer TOKEN"',
  );
}
