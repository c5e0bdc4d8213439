import type { AlarmDesk, AlarmList, ListedAlarm, ListedMute } from '#libs/pages';
import { minutesAgo } from './fake-status.ts';

/** An alarm as the status port lists it. */
export const fakeAlarm = (change: Partial<ListedAlarm> = {}): ListedAlarm => ({
  ...{ id: 12, condition: 'branch-overdue', title: 'Branch overdue', about: 'lisbon' },
  ...{ severity: 'critical', code: 'PEER_UNREACHABLE', muted: false, clearedAt: null },
  what: 'lisbon has not asked for updates since 14:02 (2 h 10 min).',
  advice: 'Check the link to lisbon and that the server there runs.',
  ...{ since: minutesAgo(130), raisedAt: minutesAgo(129) },
  ...change,
});

export const fakeMute = (change: Partial<ListedMute> = {}): ListedMute => ({
  ...{ id: 3, condition: null, about: null, title: 'All alarms', by: 'anna' },
  ...{ from: minutesAgo(10), until: minutesAgo(-50) },
  ...change,
});

const quietList: AlarmList = { activeTotal: 0, active: [], history: [], mutes: [], receivers: [] };

/** Remembers what it was asked. */
export class FakeAlarms implements AlarmDesk {
  readonly asked: unknown[] = [];
  readonly #list: AlarmList;

  constructor(list: Partial<AlarmList> = {}) {
    this.#list = { ...quietList, ...list };
  }

  alarms(): AlarmList {
    return this.#list;
  }

  test(receiver: string | undefined): ReturnType<AlarmDesk['test']> {
    this.asked.push({ test: receiver });
    const log = { receiver: 'log', address: 'the log of this server', ok: true, code: null };
    return Promise.resolve({ results: [{ ...log, answer: 'written' }] });
  }

  mute(request: Parameters<AlarmDesk['mute']>[0]): ReturnType<AlarmDesk['mute']> {
    this.asked.push({ mute: request });
    return Promise.resolve(fakeMute({ by: request.by }));
  }

  unmute(mute: number, by: string): ReturnType<AlarmDesk['unmute']> {
    this.asked.push({ unmute: mute, by });
    return Promise.resolve(fakeMute({ id: mute }));
  }
}
