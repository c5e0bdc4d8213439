import { HistoryReader } from '#libs/history';
import { HistoryTable } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import type { HistoryPageOptions } from '#libs/manager';
import { withJournal } from '../server/with-journal.ts';
import type { LivePlan } from './live-plan.ts';

/** Out of the server's database, so that it can be looked at while the server is down. */
export const historySource = (live: LivePlan): HistoryPageOptions => ({
  now: () => systemClock.now(),
  history: async (questions) =>
    withJournal((await live.now()).plan, (journal) => {
      const reader = new HistoryReader(new HistoryTable(journal), systemClock);
      return questions.map((question) => reader.ask(question));
    }),
});
