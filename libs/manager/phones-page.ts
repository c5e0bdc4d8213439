import {
  html,
  head,
  number,
  plural,
  section,
  table,
  Times,
  when,
  type Html,
  type ListedPhone,
} from '#libs/pages';
import { backupRoutes } from './backups-page.ts';
import type { ManagerPage } from './manager-page.ts';
import { phoneRoutes } from './phone-page.ts';
import type { PhonesSource } from './phones-source.ts';
import { asked, offsetOf } from './query.ts';

const perPage = 50;

/** The telephones that were seen, what each runs and has saved, and what it would get. */
export function phonesPage(source: PhonesSource): ManagerPage {
  return {
    path: '/phones',
    title: 'Phones',
    group: 'Watch',
    register(app, desk) {
      app.get('/phones', async (request, reply) => {
        const words = asked(request, 'search').trim();
        const offset = offsetOf(request);
        const { total, matching, phones } = await source.list(words, perPage, offset);
        return await desk.page(request, reply, {
          title: 'Phones',
          about: `${plural(total, 'telephone')} of which this server has heard.`,
          refreshS: 15,
          reloadS: 60,
          body: html`${filter(words)}
          ${section(
            'phones',
            words === '' ? 'Telephones' : `${number(matching)} with “${words}”`,
            html`${phones.length === 0 ? nobody(total) : phonesTable(phones)}
            ${pager(words, offset, matching)}`,
          )}
          ${askSection}`,
        });
      });
      backupRoutes(app, desk, source);
      phoneRoutes(app, desk, source);
    },
  };
}

const filter = (words: string): Html =>
  html`<form class="filter" method="get" action="/phones" role="search">
    <div>
      <label for="search">Find</label>
      <input
        id="search"
        name="search"
        type="search"
        maxlength="100"
        value="${words}"
        placeholder="address, MAC, model, firmware or extension"
      />
    </div>
    <button type="submit">Show</button>
    <a class="button quiet" href="/phones/backups">All backups</a>
  </form>`;

/** Of a telephone that was never here. */
const askSection = section(
  'ask',
  'What would a telephone get?',
  html`<form class="filter" method="get" action="/phones/ask">
    <div>
      <label for="ask-ip">Its address</label>
      <input id="ask-ip" name="ip" required maxlength="64" placeholder="10.20.4.17" />
    </div>
    <div>
      <label for="ask-file">File that it asks for</label>
      <input id="ask-file" name="file" required maxlength="255" value="46xxsettings.txt" />
    </div>
    <button type="submit">Tell</button>
  </form>`,
);

const nobody = (total: number): Html =>
  total === 0
    ? html`<p class="empty">
        None yet. A telephone stands here as soon as it has asked for its first file.
      </p>`
    : html`<p class="empty">None like that. <a href="/phones">Show all</a>.</p>`;

export const phoneAddress = (address: string): string => `/phones/${encodeURIComponent(address)}`;

function phonesTable(phones: readonly ListedPhone[]): Html {
  const times = new Times(new Date().toISOString());
  const heads = ['Address', 'Model', 'Firmware', 'MAC', 'Extension', 'Seen', 'Last backup'];
  return table(
    'Telephones',
    heads.map((text) => head(text)),
    phones.map(
      (phone) =>
        html`<tr>
          <th scope="row"><a href="${phoneAddress(phone.address)}">${phone.address}</a></th>
          <td>${factText(phone.model)}</td>
          <td>${factText(phone.firmware)}</td>
          <td>${factText(phone.mac && { ...phone.mac, value: macText(phone.mac.value) })}</td>
          <td>${phone.extension === null ? none : html`<bdi>${phone.extension}</bdi>`}</td>
          <td>${when(phone.lastSeenAt, times)}</td>
          <td>${when(phone.backupAt, times, 'none')}</td>
        </tr>`,
    ),
  );
}

const none = html`<span class="faint">–</span>`;

/** What it proved stands out; what it only claims is marked. */
export function factText(fact: ListedPhone['model']): Html {
  if (fact === null) return none;
  const { value, proven } = fact;
  return proven
    ? html`<bdi>${value}</bdi> <span class="aside" title="Answered by SNMP">proven</span>`
    : html`<bdi>${value}</bdi>`;
}

export const macText = (mac: string): string => mac.match(/../g)?.join(':') ?? mac;

function pager(words: string, offset: number, matching: number): Html | undefined {
  if (matching <= perPage && offset === 0) return undefined;
  const to = (at: number): string => {
    const query = new URLSearchParams({ ...(words !== '' && { search: words }), offset: `${at}` });
    return `/phones?${query.toString()}`;
  };
  const end = Math.min(offset + perPage, matching);
  return html`<nav class="pager" aria-label="Pages of telephones">
    <span>${number(Math.min(offset + 1, end))} to ${number(end)} of ${number(matching)}</span>
    ${offset > 0 && html`<a href="${to(Math.max(0, offset - perPage))}" rel="prev">Before</a>`}
    ${end < matching && html`<a href="${to(offset + perPage)}" rel="next">Next</a>`}
  </nav>`;
}
