// Sends an upload with a bar that says how far it is. Without this script the form is sent as any other.

const form = document.querySelector('[data-upload]');
const state = form?.querySelector('[data-upload-state]');
const words = form?.querySelector('[data-upload-words]');
const fault = form?.querySelector('[data-upload-fault]');
const bar = state?.querySelector('progress');
const send = form?.querySelector('button[type="submit"]');

const mebi = (bytes) => (bytes / 1_048_576).toFixed(1);

function show(loaded, total, startedAt) {
  const share = total === 0 ? 0 : loaded / total;
  bar.value = share;
  const seconds = (performance.now() - startedAt) / 1000;
  const left =
    share > 0 && seconds > 1 ? `, ${Math.ceil((seconds / share) * (1 - share))} s left` : '';
  words.textContent =
    loaded < total
      ? `${Math.floor(share * 100)} %, ${mebi(loaded)} of ${mebi(total)} MiB${left}`
      : 'All sent. The server looks into it.';
}

function failed(text) {
  state.hidden = true;
  send.disabled = false;
  fault.textContent = text;
  fault.hidden = false;
}

/** The sentence in an answer that is a page. */
function sentenceOf(text) {
  const page = new DOMParser().parseFromString(text, 'text/html');
  return page.querySelector('.problem p')?.textContent ?? 'The upload did not work.';
}

form?.addEventListener('submit', (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  const startedAt = performance.now();
  request.open('POST', form.action);
  request.setRequestHeader('accept', 'application/json');
  request.upload.addEventListener('progress', ({ loaded, total }) =>
    show(loaded, total, startedAt),
  );
  request.addEventListener('load', () => {
    if (request.status === 200) location.assign(JSON.parse(request.responseText).to);
    else failed(sentenceOf(request.responseText));
  });
  request.addEventListener('error', () =>
    failed('The line was cut. Nothing of it was kept: send it again.'),
  );
  request.addEventListener('abort', () => failed('Cancelled. Nothing of it was kept.'));
  state.querySelector('[data-upload-cancel]').onclick = () => request.abort();
  fault.hidden = true;
  state.hidden = false;
  send.disabled = true;
  show(0, 1, startedAt);
  request.send(new FormData(form));
});
