import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import { html, section, stateWord, table, Times, type Html } from '#libs/pages';
import type { ScanView } from '#libs/scan';
import { formFields, type Desk, type ManagerPage } from './manager-page.ts';
import type { ScanDesk } from './scan-desk.ts';
import { scanForm } from './scan-form.ts';
import { scanResultRoutes } from './scan-result.ts';
import { historyHeads, historyRow, progressLine, scanAddress, versionsTable } from './scan-rows.ts';

const listed = 20;

/** Which firmware the telephones run: scan, follow, read what was found, and what was before (Guide p. 42). */
export function scanPage(scans: ScanDesk): ManagerPage {
  return {
    path: '/scan',
    title: 'Firmware scan',
    group: 'Watch',
    register(app, desk) {
      app.get('/scan', (request, reply) => show(request, reply, desk, scans));
      startRoute(app, desk, scans);
      scanResultRoutes(app, desk, scans);
    },
  };
}

interface Tried {
  readonly what: string;
  readonly max: string;
  readonly fault: BranchlineError;
}

function startRoute(app: FastifyInstance, desk: Desk, scans: ScanDesk): void {
  app.post('/scan', async (request, reply) => {
    const fields = formFields(request.body);
    const what = (fields.get('what') ?? '').trim();
    const max = (fields.get('max') ?? '').trim();
    try {
      if (max !== '' && !/^[1-9]\d{0,4}$/.test(max))
        throw new BranchlineError('SCAN_RANGE_INVALID', 'the maximum count is a whole number');
      const count = max === '' ? undefined : Number(max);
      await scans.check(what, count);
      await desk.audit(request, { kind: 'scan', act: 'started', name: what.slice(0, 200) });
      await scans.begin(what, count);
    } catch (error) {
      const fault = asBranchlineError(error);
      if (fault.meaning.fault === 'ours') throw error;
      return await show(request, reply, desk, scans, { what, max, fault });
    }
    return desk.done(request, reply, '/scan', 'The scan has begun.');
  });
}

async function show(
  request: FastifyRequest,
  reply: FastifyReply,
  desk: Desk,
  scans: ScanDesk,
  tried?: Tried,
): Promise<FastifyReply> {
  const [{ scans: known, running }, choices] = await Promise.all([
    scans.recent(listed),
    scans.choices(),
  ]);
  const [newest] = known;
  const now = running && newest?.state === 'running' ? newest : undefined;
  const last = known.find(({ state }) => state !== 'running');
  const token = desk.csrfField(request);
  const times = new Times(new Date().toISOString());
  return await desk.page(request, reply, {
    title: 'Firmware scan',
    about: 'Which firmware the telephones run, and who is behind what this server offers.',
    refreshS: now === undefined ? 10 : 1,
    // Who types a range must not have it taken away.
    reloadS: now === undefined ? 0 : 5,
    ...(tried !== undefined && { status: tried.fault.meaning.status }),
    // Every section is there from the start: what is renewed has its place.
    body: html`${running ? '' : downNotice} ${scanForm({ choices, token, tried, running })}
    ${section('now', 'Now', now === undefined ? idle : runningNow(now, token))}
    ${section('result', 'Newest result', last === undefined ? none : newestResult(last))}
    ${section('before', 'Scans so far', before(known, times))}`,
  });
}

const downNotice = html`<div class="problem" role="alert">
  <p>${stateWord('failed', 'The server does not answer.')}</p>
  <p>
    What was found is here; to scan, start it on the page <a href="/services">Services</a>, or run
    <code>branchline scan</code> on this machine.
  </p>
</div>`;

const idle = html`<p class="empty">No scan is on.</p>`;

function runningNow(scan: ScanView, token: Html): Html {
  return html`<div class="actions">${progressLine(scan)}</div>
    <form class="actions" method="post" action="${scanAddress(scan.id)}/cancel">
      ${token}
      <button class="quiet" type="submit">Cancel, and keep what has answered</button>
      <a href="${scanAddress(scan.id)}">What it has found</a>
    </form>`;
}

const none = html`<p class="empty">Nothing has been scanned yet.</p>`;

function newestResult({ id, words, summary }: ScanView): Html {
  return html`<p><b>${words}.</b></p>
    ${summary.versions.length > 0 && versionsTable(summary.versions)}
    <div class="actions">
      <a class="button quiet" href="${scanAddress(id)}?show=behind">Who is behind</a>
      <a class="button quiet" href="${scanAddress(id)}">Every address</a>
    </div>`;
}

const before = (scans: readonly ScanView[], times: Times): Html =>
  scans.length === 0
    ? none
    : table(
        'Scans so far',
        historyHeads,
        scans.map((scan) => historyRow(scan, times)),
      );
