// Renews the living parts of a page (`data-part`) when the manager says that something has changed, and at an interval of
// its own, because times go on. Without this script the page loads again.

const intervalMs = Number(document.body.dataset.refresh) * 1000;
const stale = document.getElementById('stale');
let lastGood = new Date();
let timer;
let busy = false;

/** Take over what has changed; what has not keeps its focus, selection and scroll position. */
function renew(text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  const freshParts = new Map(
    [...fresh.querySelectorAll('[data-part]')].map((part) => [part.dataset.part, part]),
  );
  const parts = [...document.querySelectorAll('[data-part]')];
  const main = document.getElementById('main');
  const same =
    parts.length === freshParts.size && parts.every(({ dataset }) => freshParts.has(dataset.part));
  // The server came back, or went: another page. Unless somebody is writing in this one.
  if (!same && !main.contains(document.activeElement?.closest('form'))) {
    main.replaceWith(fresh.getElementById('main'));
  }
  for (const part of document.querySelectorAll('[data-part]')) {
    const now = freshParts.get(part.dataset.part);
    // What somebody writes in, or has marked, is not taken away from under the hand.
    if (!now || now.innerHTML === part.innerHTML || part.contains(document.activeElement)) continue;
    part.innerHTML = now.innerHTML;
  }
  document.title = fresh.title;
  document.dispatchEvent(new CustomEvent('renewed', { detail: fresh }));
}

async function refresh() {
  if (busy || document.hidden) return;
  busy = true;
  try {
    const answer = await fetch(location.href, {
      cache: 'no-store',
      headers: { 'x-renew': '1' },
      signal: AbortSignal.timeout(10_000),
    });
    // Signed out meanwhile: a person must know.
    if (answer.redirected) location.reload();
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    renew(await answer.text());
    lastGood = new Date();
    stale.hidden = true;
  } catch {
    stale.querySelector('[data-stale-since]').textContent = lastGood.toLocaleTimeString();
    stale.hidden = false;
  }
  busy = false;
  plan();
}

function plan() {
  clearTimeout(timer);
  if (intervalMs > 0 && !document.hidden) timer = setTimeout(refresh, intervalMs);
}

let events;

/** The manager says when something has changed; a page that nobody sees asks for nothing and holds no connection. */
function follow() {
  events?.close();
  events = undefined;
  if (intervalMs <= 0 || document.hidden) return;
  events = new EventSource('/live/changes');
  events.addEventListener('changed', () => void refresh());
}

document.addEventListener('visibilitychange', () => {
  follow();
  if (document.hidden) clearTimeout(timer);
  else if (intervalMs > 0) void refresh();
});
document.addEventListener('renew', () => void refresh());
follow();
plan();

// A button that copies what stands in the field that it names.
document.addEventListener('click', async ({ target }) => {
  const button = target.closest?.('button[data-copy]');
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select?.();
  try {
    await navigator.clipboard.writeText(field.value ?? field.textContent);
  } catch {
    // Without HTTPS a browser lends no clipboard: the old way still works.
    document.execCommand('copy');
  }
  button.textContent = 'Copied';
});
for (const button of document.querySelectorAll('button[data-copy]')) button.hidden = false;

// In a narrow window the pages stand in one row: show where one is.
const pages = document.querySelector('nav.pages');
const here = pages?.querySelector('[aria-current]');
if (here && pages.scrollWidth > pages.clientWidth) {
  pages.scrollLeft =
    here.offsetLeft - pages.offsetLeft - (pages.clientWidth - here.offsetWidth) / 2;
}
