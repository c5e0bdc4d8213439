import { accessSection } from './access-section.ts';
import { archiveSection } from './archive-section.ts';
import { attention } from './attention.ts';
import { attentionSection } from './attention-section.ts';
import { branchesSection } from './branches-section.ts';
import { html, type Html } from './html.ts';
import { mirrorSection } from './mirror-section.ts';
import { mark } from './pieces.ts';
import {
  certificatesSection,
  disksSection,
  errorsSection,
  listenersSection,
  phonesSection,
  transfersSection,
} from './side-sections.ts';
import { recordsSection } from './records-section.ts';
import { relaySection } from './relay-section.ts';
import type { Status } from './status.ts';
import { updatesSection } from './updates-section.ts';
import { duration, Times } from './words.ts';

export interface PageOptions {
  /** Guide key `StatusRefresh`, seconds; 0 = the page stays as it is. */
  readonly refreshS: number;
  /** Addresses of the page's own files. */
  readonly assets: { readonly css: string; readonly js: string; readonly icon: string };
  /** IANA name; undefined = the server's own zone. */
  readonly zone?: string | undefined;
}

/** The whole page, made on the server; the script only renews its parts. */
export function statusPage(status: Status, { refreshS, assets, zone }: PageOptions): Html {
  const times = new Times(status.server.clock, zone);
  const notices = attention(status, times);
  const { server, sync, hub, archive } = status;
  const phones = server.roles.includes('phones');
  const central = hub !== null || sync !== null;
  const count = notices.length > 0 ? `(${String(notices.length)}) ` : '';
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${count}${server.name} – Branchline</title>
        <link rel="stylesheet" href="${assets.css}" />
        <link rel="icon" href="${assets.icon}" type="image/svg+xml" />
        <script type="module" src="${assets.js}"></script>
        ${
          refreshS > 0 &&
          html`<noscript><meta http-equiv="refresh" content="${refreshS}" /></noscript>`
        }
      </head>
      <body data-refresh="${refreshS}">
        <a class="skip" href="#main">Skip to what needs attention</a>
        ${banner(status, times)}
        <p id="stale" role="alert" hidden>
          This server does not answer; what you see is from <span data-stale-since></span>. Trying
          again.
        </p>
        <main id="main">
          ${attentionSection(notices, status)}
          <div class="columns">
            <div class="wide">
              ${hub && branchesSection(hub, server.version, times)}
              ${sync && updatesSection(sync, times)}
              ${status.relay && relaySection(status.relay, times)}
              ${recordsSection(status.intakes, times)}
              ${!central && phones && phonesSection(status, times)} ${errorsSection(status, times)}
              ${phones && transfersSection(status, times)}
            </div>
            <div class="narrow">
              ${status.mirror && mirrorSection(status.mirror, times)}
              ${central && phones && phonesSection(status, times)} ${listenersSection(status)}
              ${phones && accessSection(status)} ${archive && archiveSection(archive, times)}
              ${disksSection(status)} ${certificatesSection(status, times)}
            </div>
          </div>
        </main>
        <footer>
          <nav aria-label="For programs">
            <a href="/api/v1/status">Status as JSON</a> <a href="/metrics">Metrics</a>
            <a href="/readyz">Readiness</a> <a href="/api/v1/openapi">API</a>
          </nav>
          <p>Branchline ${server.version}, Node ${server.node}</p>
        </footer>
      </body>
    </html> `;
}

const roleWords = { phones: 'telephones', branch: 'branch', hub: 'hub' } as const;

function banner({ server }: Status, times: Times): Html {
  return html`<header>
    ${mark}
    <h1>${server.name}</h1>
    <ul class="roles" aria-label="Roles">
      ${server.roles.map((role) => html`<li>${roleWords[role]}</li>`)}
    </ul>
    <p class="clock" data-part="clock">
      up ${duration(server.uptimeS)}
      <time datetime="${server.clock}">${times.at(server.clock)}</time> ${times.zone}
    </p>
  </header>`;
}
