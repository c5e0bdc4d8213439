import type { Notice } from './attention.ts';
import { html, type Html } from './html.ts';
import { codeChip } from './pieces.ts';
import type { Status } from './status.ts';
import { number, plural } from './words.ts';

const shown = 20;

/** The first thing on the page: what needs a person, in words, with what to do. */
export function attentionSection(notices: readonly Notice[], status: Status): Html {
  const level = notices[0]?.level ?? 'ok';
  return html`<section id="attention" aria-labelledby="attention-heading">
    <h2 id="attention-heading" class="hidden">What needs attention</h2>
    <p id="headline" role="status" aria-live="polite" data-part="headline">
      <span class="state ${level}">${headline(notices, status)}</span>
    </p>
    <div data-part="attention">${noticesList(notices)}</div>
  </section>`;
}

/** Each with what to do; nothing when there is none. */
export function noticesList(notices: readonly Notice[]): Html | undefined {
  const rest = notices.length - shown;
  if (notices.length === 0) return undefined;
  return html`<ul class="notices">
    ${notices.slice(0, shown).map(notice)}
    ${rest > 0 && html`<li class="more">and ${number(rest)} more</li>`}
  </ul>`;
}

function notice({ level, what, advice, code }: Notice): Html {
  return html`<li class="notice ${level}">
    <p class="what">
      <span class="hidden">${level === 'failed' ? 'Failure:' : 'Warning:'} </span>${what}
    </p>
    ${advice !== '' && html`<p class="advice">${sentenceWithCommands(advice)}</p>`}
    ${codeChip(code)}
  </li>`;
}

/** What stands between back-quotes is a command. */
function sentenceWithCommands(text: string): Html[] {
  return text
    .split('`')
    .map((piece, n) => (n % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`));
}

/** One sentence on how things stand. */
export function headline(notices: readonly Notice[], { hub, sync }: Status): string {
  if (notices.length > 0) {
    return `${plural(notices.length, 'thing')} ${notices.length === 1 ? 'needs' : 'need'} attention`;
  }
  if (sync?.state === 'running') return 'All is well. Updates are being fetched.';
  if (hub && hub.releaseVersion !== null && hub.branchesTotal > 0) {
    const behind = hub.branches.filter(({ state }) => state === 'pending').length;
    const release = `release ${number(hub.releaseVersion)}`;
    return behind > 0
      ? `All is well. ${plural(behind, 'branch is', 'branches are')} taking ${release}.`
      : `All is well. Every branch has ${release}.`;
  }
  return 'All is well.';
}
