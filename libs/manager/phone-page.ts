import type { FastifyInstance } from 'fastify';
import { explainableServers, type Explanation } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import {
  factList,
  head,
  html,
  outside,
  section,
  stateWord,
  table,
  Times,
  when,
  type Html,
  type ListedPhone,
  type Tone,
} from '#libs/pages';
import { copiesTable } from './backups-page.ts';
import { explanationSection } from './explanation-section.ts';
import type { Desk } from './manager-page.ts';
import { factText, macText, phoneAddress } from './phones-page.ts';
import type { BackupCopy, BackupShelf, PhoneQuestion, PhonesSource } from './phones-source.ts';
import { shelfWords } from './phones-source.ts';
import { asked } from './query.ts';

interface OfPhone {
  readonly Params: { readonly address: string };
}

/** Names of backups that are looked for, for one telephone. */
const maxNames = 12;

/** One telephone: what it is, what it had, what it has saved, what it would get. */
export function phoneRoutes(app: FastifyInstance, desk: Desk, source: PhonesSource): void {
  app.get('/phones/ask', async (request, reply) => {
    const question = questionOf(request.url);
    const explanation = await source.explain(question);
    const known = await source.phone(explanation.address);
    return await desk.page(request, reply, {
      title: `What ${explanation.address} would get`,
      under: '/phones',
      about: known && html`<a href="${phoneAddress(known.address)}">All about this telephone</a>`,
      body: html`${section('ask', 'The question', askForm(question))}
      ${explanationSection(explanation)}`,
    });
  });

  app.get<OfPhone>('/phones/:address', async (request, reply) => {
    const phone = await source.phone(request.params.address);
    if (phone === undefined) {
      throw new BranchlineError(
        'NOT_FOUND',
        `no telephone was seen at ${request.params.address.slice(0, 64)}`,
      );
    }
    const question = { ...questionOf(request.url), ...factsOf(phone), ip: phone.address };
    const explanation: Explanation | undefined =
      asked(request, 'file') === '' ? undefined : await source.explain(question);
    return await desk.page(request, reply, {
      title: phone.address,
      under: '/phones',
      about: aboutOf(phone),
      body: html`${facts(phone)} ${await backups(phone, source)} ${files(phone)}
      ${section('ask', 'What would it get?', askForm(question, phoneAddress(phone.address)))}
      ${explanation && explanationSection(explanation)}`,
    });
  });
}

function questionOf(url: string): PhoneQuestion {
  const { searchParams } = new URL(url, 'http://manager');
  const of = (name: string): string => (searchParams.get(name) ?? '').trim().slice(0, 255);
  return {
    ip: of('ip'),
    file: of('file'),
    server: of('server'),
    mac: of('mac'),
    model: of('model'),
    group: of('group'),
  };
}

const factsOf = ({ mac, model }: ListedPhone): Partial<PhoneQuestion> => ({
  ...(mac && { mac: mac.value }),
  ...(model && { model: model.value }),
});

const aboutOf = ({ maker, family, agent }: ListedPhone): Html => {
  const words = [maker, family].filter((word) => word !== null);
  return html`${words.length > 0 && html`<bdi>${words.join(', ')}</bdi>.`}
  ${agent !== '' && html`<span class="faint">Calls itself <bdi>${agent}</bdi></span>`}`;
};

function facts(phone: ListedPhone): Html {
  const times = new Times(new Date().toISOString());
  const { model, firmware, mac, extension, firstSeenAt, lastSeenAt, askedAt } = phone;
  const rows: readonly (readonly [string, Html])[] = [
    ['Model', factText(model)],
    ['Firmware', factText(firmware)],
    ['MAC address', factText(mac && { ...mac, value: macText(mac.value) })],
    [
      'Extension',
      extension === null ? html`<span class="faint">not known</span>` : outside(extension),
    ],
    ['Seen first', when(firstSeenAt, times)],
    ['Seen last', when(lastSeenAt, times)],
    ['Answered SNMP', when(askedAt, times)],
  ];
  return section(
    'facts',
    'What it is',
    factList(rows),
    html`“proven” was answered by SNMP at its address; the rest it only claims`,
  );
}

/** By the names that it has saved, and by those of its extension. */
async function backups(phone: ListedPhone, source: PhonesSource): Promise<Html> {
  const shelves = (await source.shelves()).filter((shelf) => shelf !== 'branches');
  const names = new Set(
    phone.files
      .filter(({ direction, outcome }) => direction === 'upload' && outcome === 'done')
      .map(({ name }) => name.replace(/^\/+/, '')),
  );
  const found: { shelf: BackupShelf; name: string; copies: readonly BackupCopy[] }[] = [];
  for (const shelf of shelves) {
    const own =
      phone.extension === null
        ? []
        : (await source.names(shelf, `${phone.extension}_`, maxNames, ''))
            .map(({ name }) => name)
            .filter((name) => name.startsWith(`${phone.extension ?? ''}_`));
    for (const name of [...new Set([...names, ...own])].slice(0, maxNames)) {
      const copies = await source.copies(shelf, name);
      if (copies.length > 0) found.push({ shelf, name, copies });
    }
  }
  return section(
    'backups',
    'What it has saved',
    found.length === 0
      ? html`<p class="empty">
          Nothing that is known to be its own. <a href="/phones/backups">Look at all backups</a>.
        </p>`
      : found.map(
          ({ shelf, name, copies }) =>
            html`<h3><bdi>${name}</bdi> <span class="aside">${shelfWords[shelf]}</span></h3>
              ${copiesTable({ shelf, name }, copies)}`,
        ),
  );
}

const toneOf: Readonly<Record<ListedPhone['files'][number]['outcome'], readonly [Tone, string]>> = {
  done: ['ok', 'done'],
  failed: ['failed', 'cut short'],
  refused: ['warning', 'refused'],
};
const directionWords = { download: 'fetched', upload: 'saved', removal: 'removed' } as const;

function files({ files: all }: ListedPhone): Html {
  const times = new Times(new Date().toISOString());
  return section(
    'files',
    'Its last files',
    all.length === 0
      ? html`<p class="empty">None.</p>`
      : table(
          'Its last files',
          ['File', 'What', 'How it ended', 'When'].map((text) => head(text)),
          all.map(
            ({ name, direction, outcome, at }) =>
              html`<tr>
                <th scope="row">${outside(name)}</th>
                <td>${directionWords[direction]}</td>
                <td>${stateWord(...toneOf[outcome])}</td>
                <td>${when(at, times)}</td>
              </tr>`,
          ),
        ),
  );
}

/** `to`: a telephone that is known, whose address, MAC and model need not be asked for. */
function askForm(question: PhoneQuestion, to?: string): Html {
  const { ip, file, server, mac, model, group } = question;
  return html`<form class="filter" method="get" action="${to ?? '/phones/ask'}">
    <div>
      <label for="ask-file">File that it asks for</label>
      <input
        id="ask-file"
        name="file"
        required
        maxlength="255"
        value="${file === '' ? '46xxsettings.txt' : file}"
      />
    </div>
    <div>
      <label for="ask-server">By</label>
      <select id="ask-server" name="server">
        <option value="">the first in use</option>
        ${Object.keys(explainableServers).map(
          (name) =>
            html`<option value="${name}" ${name === server ? html`selected` : ''}>
              ${name.toUpperCase()}
            </option>`,
        )}
      </select>
    </div>
    ${
      to === undefined &&
      html`<div>
          <label for="ask-ip">Its address</label>
          <input id="ask-ip" name="ip" required maxlength="64" value="${ip}" />
        </div>
        <div>
          <label for="ask-mac">Its MAC address</label>
          <input id="ask-mac" name="mac" maxlength="32" value="${mac}" />
        </div>
        <div>
          <label for="ask-model">Its model</label>
          <input id="ask-model" name="model" maxlength="20" value="${model}" placeholder="J179" />
        </div>`
    }
    <div>
      <label for="ask-group">Its GROUP</label>
      <input id="ask-group" name="group" inputmode="numeric" maxlength="3" value="${group}" />
    </div>
    <button type="submit">Tell</button>
  </form>`;
}
