import type { AlarmList, AlarmTestAnswer, ListedMute, MuteRequest } from '#libs/pages';

/** What the page Alarms needs of this machine. Commands throw BranchlineError as the server answers. */
export interface AlarmsSource {
  /** Undefined while the server does not answer. */
  alarms(): Promise<AlarmList | undefined>;
  test(receiver: string | undefined): Promise<AlarmTestAnswer>;
  mute(request: MuteRequest): Promise<ListedMute>;
  unmute(mute: number, by: string): Promise<ListedMute>;
  /** ISO 8601. */
  now(): string;
}
