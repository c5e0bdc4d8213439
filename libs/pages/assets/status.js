// Renews the parts of the page without a reload: at the page's own interval, and at once when a sync run moves.
// Without this script the page reloads itself by its meta element.

const intervalMs = Number(document.body.dataset.refresh) * 1000;
const soonMs = 1500;
const stale = document.getElementById('stale');

let timer;
let due = Infinity;
let busy = false;
let lastGood = new Date();

/** Take over what has changed; what has not keeps its focus, selection and scroll position. */
function renew(text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  const parts = document.querySelectorAll('[data-part]');
  const freshParts = new Map(
    [...fresh.querySelectorAll('[data-part]')].map((part) => [part.dataset.part, part]),
  );
  if (freshParts.size !== parts.length) {
    document.getElementById('main').replaceWith(fresh.getElementById('main'));
    return;
  }
  for (const part of parts) {
    const now = freshParts.get(part.dataset.part);
    if (!now || now.innerHTML === part.innerHTML) continue;
    const scrolled = [...part.querySelectorAll('.scroll')].map((box) => box.scrollLeft);
    const focused = [...part.querySelectorAll('.scroll')].indexOf(document.activeElement);
    part.innerHTML = now.innerHTML;
    part.querySelectorAll('.scroll').forEach((box, n) => {
      box.scrollLeft = scrolled[n] ?? 0;
      if (n === focused) box.focus({ preventScroll: true });
    });
  }
  document.title = fresh.title;
}

async function refresh() {
  if (busy) return;
  busy = true;
  unplan();
  try {
    const answer = await fetch(location.pathname, { cache: 'no-store', signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    renew(await answer.text());
    lastGood = new Date();
    stale.hidden = true;
  } catch {
    stale.querySelector('[data-stale-since]').textContent = lastGood.toLocaleTimeString();
    stale.hidden = false;
  }
  busy = false;
  plan(intervalMs);
}

/** Refresh in `ms`, or sooner when that is planned already. */
function plan(ms) {
  const at = performance.now() + ms;
  if (intervalMs <= 0 || document.hidden || due <= at) return;
  clearTimeout(timer);
  due = at;
  timer = setTimeout(refresh, ms);
}

function unplan() {
  clearTimeout(timer);
  due = Infinity;
}

/** Move the bars of the files that the event names; anything else than movement asks for the whole page. */
function moved({ data }) {
  const run = JSON.parse(data);
  const rows = new Map(
    [...document.querySelectorAll('[data-file]')].map((row) => [row.dataset.file, row]),
  );
  let news = run.state !== 'running';
  for (const { name, bytes, bytesOverall, state } of run.files) {
    const row = rows.get(name);
    const bar = row?.querySelector('progress');
    if (state !== row?.querySelector('[data-file-state]')?.textContent.trim() || !bar) {
      news = true;
      continue;
    }
    bar.value = bytes;
    const share = bytesOverall === 0 ? 1 : bytes / bytesOverall;
    row.querySelector('.percent').textContent = `${Math.floor(share * 100)} %`;
  }
  if (news) plan(soonMs);
}

let events;

/** A hidden page asks for nothing and holds no connection. */
function follow() {
  events?.close();
  events = undefined;
  unplan();
  if (document.hidden) return;
  events = new EventSource('/api/v1/events');
  events.addEventListener('run', moved);
  events.addEventListener('gap', () => plan(soonMs));
}

document.addEventListener('visibilitychange', () => {
  follow();
  if (!document.hidden) void refresh();
});
follow();
plan(intervalMs);
