import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { BranchlineError } from '#libs/errors';
import {
  alarmListSchema,
  alarmMuteSchema,
  alarmTestSchema,
  type AlarmList,
  type AlarmTestAnswer,
  type ListedMute,
  type MuteRequest,
} from '#libs/pages';
import type { ServerClient } from './server-client.ts';

/** The alarms of a running server. All throw BranchlineError as `ServerClient.ask`. */
export class AlarmClient {
  readonly #server: Pick<ServerClient, 'ask'>;

  constructor(server: Pick<ServerClient, 'ask'>) {
    this.#server = server;
  }

  list(): Promise<AlarmList> {
    return this.#ask(alarmListSchema, 'GET', '');
  }

  test(receiver: string | undefined): Promise<AlarmTestAnswer> {
    return this.#ask(alarmTestSchema, 'POST', '/test', { ...(receiver && { receiver }) });
  }

  mute({ alarm, minutes, by }: MuteRequest): Promise<ListedMute> {
    const which = alarm === undefined ? {} : { alarm: `${alarm}` };
    return this.#ask(alarmMuteSchema, 'POST', '/mute', { ...which, minutes: `${minutes}`, by });
  }

  unmute(mute: number, by: string): Promise<ListedMute> {
    return this.#ask(alarmMuteSchema, 'POST', '/unmute', { mute: `${mute}`, by });
  }

  async #ask<S extends TSchema>(
    schema: S,
    method: 'GET' | 'POST',
    path: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Static<S>> {
    const words = new URLSearchParams(query).toString();
    const address = `/api/v1/alarms${path}${words === '' ? '' : `?${words}`}`;
    const body = await this.#server.ask(method, address);
    if (Check(schema, body)) return body;
    throw new BranchlineError(
      'PEER_ANSWER_INVALID',
      `the server does not answer ${address} as one of this version does: restart it`,
    );
  }
}
