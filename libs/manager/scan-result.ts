import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { BranchlineError } from '#libs/errors';
import {
  html,
  number,
  scannedShows,
  scanReportFormats,
  section,
  table,
  Times,
  when,
  type Html,
  type Part,
  type ScannedList,
  type ScannedShow,
} from '#libs/pages';
import type { ScanSummary, ScanView } from '#libs/scan';
import type { Desk } from './manager-page.ts';
import type { ScanDesk } from './scan-desk.ts';
import {
  askedBy,
  phoneHeads,
  phoneRow,
  progressLine,
  scanAddress,
  scanState,
  versionsTable,
} from './scan-rows.ts';

interface OfScan {
  readonly Params: { readonly id: string };
}

const perPage = 50;

/** What is looked for on the page of one scan. */
interface Look {
  readonly show: ScannedShow;
  readonly text: string;
  readonly offset: number;
}

/** One scan: how it stands, every address with a filter, and both files. */
export function scanResultRoutes(app: FastifyInstance, desk: Desk, scans: ScanDesk): void {
  app.get<OfScan>('/scan/:id', async (request, reply) => {
    const scan = found(await scans.find(request.params.id));
    const look = lookOf(request.url);
    const list = await scans.phones(scan.id, { ...look, limit: perPage });
    const running = scan.state === 'running';
    return await desk.page(request, reply, {
      title: 'One scan',
      about: html`${scan.words}.`,
      under: '/scan',
      refreshS: running ? 1 : 0,
      reloadS: running ? 5 : 0,
      body: html`${section('scan', 'How it stands', facts(scan, desk.csrfField(request)))}
      ${section('versions', 'Who runs what', versions(scan))} ${filter(scan, look)}
      ${section('phones', 'Addresses', addresses(scan, look, list))}`,
    });
  });

  for (const format of scanReportFormats) {
    app.get<OfScan>(`/scan/:id/report.${format}`, async (request, reply) => {
      const { id, files } = found(await scans.find(request.params.id));
      const type = format === 'csv' ? 'text/csv' : 'application/json';
      return await reply
        .type(`${type}; charset=utf-8`)
        .header('content-disposition', `attachment; filename="${files ?? 'scan'}.${format}"`)
        .send(Readable.from(scans.report(id, format)));
    });
  }

  app.post<OfScan>('/scan/:id/cancel', async (request, reply) => {
    const scan = found(await scans.find(request.params.id));
    if (scan.state !== 'running') {
      return desk.done(request, reply, '/scan', 'That scan had ended already.');
    }
    await desk.audit(request, { kind: 'scan', act: 'stopped', name: scan.ranges.slice(0, 200) });
    await scans.cancel(scan.id);
    return desk.done(request, reply, '/scan', 'The scan ends; what has answered is kept.');
  });
}

const versions = ({ summary }: ScanView): Html =>
  summary.versions.length === 0
    ? html`<p class="empty">No telephone has answered.</p>`
    : versionsTable(summary.versions);

function facts(scan: ScanView, token: Html): Html {
  const times = new Times(new Date().toISOString());
  const fact = (name: string, value: Part): Html =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  const { id, state, ranges, startedAt, endedAt, files, message, code } = scan;
  return html`<dl class="facts">
      ${fact('State', html`${scanState(scan)} ${message ?? ''} ${code ?? ''}`)}
      ${state === 'running' && fact('So far', progressLine(scan))} ${fact('Ranges', ranges)}
      ${fact('Began', html`${when(startedAt, times)} <span class="faint">by ${askedBy(scan)}</span>`)}
      ${fact('Ended', when(endedAt, times, 'not yet'))}
      ${files !== null && fact('Files in the folder Scan', html`<code>${files}_detail.txt</code> and three more`)}
    </dl>
    ${
      state === 'running'
        ? html`<form class="actions" method="post" action="${scanAddress(id)}/cancel">
            ${token}
            <button class="quiet" type="submit">Cancel, and keep what has answered</button>
          </form>`
        : html`<div class="actions">
            <a class="button quiet" href="${scanAddress(id)}/report.csv" download
              >Download as CSV</a
            >
            <a class="button quiet" href="${scanAddress(id)}/report.json" download
              >Download as JSON</a
            >
          </div>`
    }`;
}

const showWords: Readonly<Record<ScannedShow, string>> = {
  all: 'Every address',
  phones: 'Telephones',
  behind: 'Behind',
  failed: 'Failed their last load',
  current: 'Current',
  ahead: 'Ahead',
  unknown: 'Cannot be compared',
  other: 'No telephone',
  silent: 'No answer',
};

const countOf: Readonly<Record<ScannedShow, keyof Omit<ScanSummary, 'versions'>>> = {
  all: 'asked',
  phones: 'phones',
  behind: 'behind',
  failed: 'failedLoads',
  current: 'current',
  ahead: 'ahead',
  unknown: 'unknown',
  other: 'others',
  silent: 'silent',
};

/** Works without scripts: a form that asks by its address. */
function filter({ id }: ScanView, { show, text }: Look): Html {
  return html`<form class="filter" method="get" action="${scanAddress(id)}" role="search">
    <div>
      <label for="text">Find</label>
      <input
        id="text"
        name="text"
        type="search"
        maxlength="100"
        value="${text}"
        placeholder="address, model, extension or firmware"
      />
    </div>
    <div>
      <label for="show">Show</label>
      <select id="show" name="show">
        ${scannedShows.map(
          (name) =>
            html`<option value="${name}" ${show === name ? html`selected` : ''}>
              ${showWords[name]}
            </option>`,
        )}
      </select>
    </div>
    <button type="submit">Show</button>
  </form>`;
}

function addresses(scan: ScanView, look: Look, list: ScannedList): Html {
  const { phones, total, offset } = list;
  return html`${counts(scan, look)}
  ${
    phones.length === 0
      ? html`<p class="empty">None like that. <a href="${scanAddress(scan.id)}">Show all</a>.</p>`
      : table('Addresses', phoneHeads, phones.map(phoneRow))
  }
  ${(total > perPage || offset > 0) && pager(scan, look, list)}`;
}

/** How many there are of each; each shows its own. */
function counts({ id, summary }: ScanView, look: Look): Html {
  const shown = scannedShows.filter((show) => summary[countOf[show]] > 0 || show === look.show);
  return html`<ul class="states" aria-label="By answer">
    ${shown.map(
      (show) =>
        html`<li>
          <a
            href="${addressOf(id, { ...look, show, offset: 0 })}"
            ${show === look.show && html`aria-current="true"`}
            >${number(summary[countOf[show]])}
            ${show === 'all' ? 'in all' : showWords[show].toLowerCase()}</a
          >
        </li>`,
    )}
  </ul>`;
}

function pager({ id }: ScanView, look: Look, { total, offset, phones }: ScannedList): Html {
  const last = offset + phones.length;
  const to = (from: number): string => addressOf(id, { ...look, offset: from });
  return html`<nav class="pager" aria-label="Pages of addresses">
    ${offset > 0 && html`<a rel="prev" href="${to(Math.max(0, offset - perPage))}">Earlier</a>`}
    <span>
      ${phones.length === 0 ? '0' : `${number(offset + 1)}–${number(last)}`} of ${number(total)}
    </span>
    ${last < total && html`<a rel="next" href="${to(last)}">Later</a>`}
  </nav>`;
}

/** What cannot be understood is left out. */
function lookOf(url: string): Look {
  const { searchParams } = new URL(url, 'http://manager');
  const wanted = searchParams.get('show');
  const offset = searchParams.get('offset') ?? '';
  return {
    show: scannedShows.find((show) => show === wanted) ?? 'all',
    text: (searchParams.get('text') ?? '').slice(0, 100),
    offset: /^\d{1,5}$/.test(offset) ? Number(offset) : 0,
  };
}

function addressOf(id: string, { show, text, offset }: Look): string {
  const query = new URLSearchParams({
    ...(show !== 'all' && { show }),
    ...(text !== '' && { text }),
    ...(offset > 0 && { offset: String(offset) }),
  }).toString();
  return query === '' ? scanAddress(id) : `${scanAddress(id)}?${query}`;
}

function found<T>(scan: T | undefined): T {
  if (scan !== undefined) return scan;
  throw new BranchlineError('NOT_FOUND', 'no such scan is known here');
}
