import {
  attention,
  attentionSection,
  duration,
  html,
  section,
  stateWord,
  Times,
  type Status,
} from '#libs/pages';
import { ChangeFeed } from './change-feed.ts';
import type { ManagerPage } from './manager-page.ts';

export interface OverviewOptions {
  /** undefined while the server does not answer. */
  readonly status: () => Promise<Status | undefined>;
}

/** What needs attention, first. */
export function overviewPage({ status }: OverviewOptions): ManagerPage {
  return {
    path: '/',
    title: 'Overview',
    group: 'Watch',
    register(app, desk) {
      const changes = new ChangeFeed(async () => markOf(await status()));
      // Under /live a window without a session is refused, not sent to the sign-in.
      app.get('/live/changes', async (request, reply) => {
        await changes.open(request, reply);
      });
      app.get('/', async (request, reply) => {
        const now = await status();
        if (now === undefined) {
          return await desk.page(request, reply, {
            title: 'Overview',
            refreshS: 5,
            body: html`<div class="problem" role="alert" data-part="down">
              <p>${stateWord('failed', 'The server does not answer.')}</p>
              <p>Telephones and branches get nothing from it. Start it on the page Services.</p>
            </div>`,
          });
        }
        const times = new Times(now.server.clock);
        return await desk.page(request, reply, {
          title: 'Overview',
          refreshS: 5,
          about: `Up ${duration(now.server.uptimeS)}, version ${now.server.version}.`,
          body: html`${attentionSection(attention(now, times), now)}
          ${section(
            'listeners',
            'Open ports',
            html`<ul class="rows">
              ${now.listeners.map(
                ({ name, port, state, detail }) =>
                  html`<li>
                    ${stateWord(state === 'listening' ? 'ok' : 'failed', `${name} ${String(port)}`)}
                    <span class="faint">${detail}</span>
                  </li>`,
              )}
            </ul>`,
          )}`,
        });
      });
    },
  };
}

/** What goes on by itself, every second. */
const restless = ['clock', 'uptimeS', 'freeBytes'];

/** Another one whenever the status is. */
const markOf = (status: Status | undefined): string =>
  JSON.stringify(status ?? 'down', (key, value: unknown) =>
    restless.includes(key) ? undefined : value,
  );
