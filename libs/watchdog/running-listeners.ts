import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import { BranchlineError } from '#libs/errors';
import { originOf } from './watched-server.ts';
import { webGet } from './web-get.ts';

/** What is needed of the status: it says more, and more in later versions. */
const statusPart = Type.Object({
  listeners: Type.Array(
    Type.Object({
      name: Type.String({ maxLength: 100 }),
      protocol: Type.String({ maxLength: 20 }),
      address: Type.String({ maxLength: 100 }),
      port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    }),
    { maxItems: 200 },
  ),
});

export type RunningListener = Static<typeof statusPart>['listeners'][number];

/**
 * What the server that runs listens on, by its status page; no token is shown.
 * @throws BranchlineError NOT_RUNNING, PEER_ANSWER_INVALID.
 */
export async function runningListeners(
  place: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<readonly RunningListener[]> {
  const origin = `http://${originOf(place)}`;
  try {
    const { status: code, bytes } = await webGet(`${origin}/api/v1/status`, signal);
    const status: unknown = code === 200 ? JSON.parse(String(bytes)) : undefined;
    if (Check(statusPart, status)) return status.listeners;
    throw new BranchlineError(
      'PEER_ANSWER_INVALID',
      `${origin} does not answer as the status page of a Branchline server does`,
    );
  } catch (cause) {
    if (cause instanceof BranchlineError) throw cause;
    throw new BranchlineError(
      'NOT_RUNNING',
      `the status page at ${origin} does not answer: which servers should run is known from before, or from the settings`,
      { cause },
    );
  }
}
