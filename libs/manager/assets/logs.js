// Adds lines of the log as they come. Without this script the page shows the last ones.

const table = document.querySelector('table.log');
const rows = table.tBodies[0];
const template = document.getElementById('log-row');
const pause = document.getElementById('log-pause');
const waiting = document.getElementById('log-waiting');
const most = Number(table.dataset.most);
const tones = { fatal: 'failed', error: 'failed', warn: 'warning' };
let held = [];
let paused = false;

/** Whatever stands in a line is text: it is never read as markup. */
function rowOf({ time, at, level, service, msg, facts }) {
  const row = template.content.cloneNode(true);
  const when = row.querySelector('time');
  when.textContent = at;
  when.dateTime = time;
  when.title = time;
  const state = row.querySelector('.state');
  state.textContent = level;
  state.className = `state ${tones[level] ?? 'off'}`;
  const [part, what] = row.querySelectorAll('bdi');
  part.textContent = service;
  what.textContent = msg;
  row.querySelector('code').textContent = facts;
  return row;
}

function show(lines) {
  for (const line of lines) rows.prepend(rowOf(line));
  while (rows.rows.length > most) rows.deleteRow(-1);
  document.getElementById('log-nothing').hidden = rows.rows.length > 0;
}

function take({ lines }, anew) {
  if (anew) {
    held = [];
    rows.replaceChildren();
  }
  if (!paused) {
    show(lines);
    return;
  }
  held = [...held, ...lines].slice(-most);
  waiting.textContent = `${held.length} new lines wait`;
}

const origins = {
  server: () => 'The newest first, from the running server.',
  file: (file) =>
    `The server does not answer: these are the last lines of ${file}, the newest first.`,
  nowhere: () => 'The server does not answer, and there is no log file to read.',
};

function hear(event) {
  const told = JSON.parse(event.data);
  document.getElementById('log-origin').textContent = origins[told.origin](told.file);
  take(told, event.type === 'anew');
}

const events = new EventSource(table.dataset.live);
events.addEventListener('lines', hear);
events.addEventListener('anew', hear);

document.getElementById('log-live').hidden = false;
pause.addEventListener('click', () => {
  paused = !paused;
  pause.setAttribute('aria-pressed', String(paused));
  pause.textContent = paused ? 'Go on' : 'Pause';
  if (paused) return;
  waiting.textContent = '';
  show(held);
  held = [];
});
