import { html, mark, type Html } from '#libs/pages';
import { pageGroups, type ManagerPage, type View } from './manager-page.ts';
import type { Session } from './sessions.ts';

export interface Frame {
  /** Of the server that is managed. */
  readonly server: string;
  readonly version: string;
  readonly pages: readonly ManagerPage[];
  readonly asset: (name: string) => string;
}

interface Look extends View {
  /** Path of the page that is looked at. */
  readonly path: string;
  /** undefined before the sign-in. */
  readonly session: Session | undefined;
  readonly message?: string | undefined;
}

/** A whole page. Everything works without the script, which renews the parts that live. */
export function pageFrame(frame: Frame, look: Look): Html {
  const { server, version, asset } = frame;
  const { title, about, body, session, message, refreshS = 0, scripts = [] } = look;
  const { reloadS = refreshS } = look;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} – ${server} – Branchline</title>
        <link rel="stylesheet" href="${asset('status.css')}" />
        <link rel="stylesheet" href="${asset('manager.css')}" />
        <link rel="icon" href="${asset('icon.svg')}" type="image/svg+xml" />
        <script type="module" src="${asset('manager.js')}"></script>
        ${scripts.map((name) => html`<script type="module" src="${asset(name)}"></script>`)}
        ${
          reloadS > 0 &&
          html`<noscript><meta http-equiv="refresh" content="${reloadS}" /></noscript>`
        }
      </head>
      <body class="manager" data-refresh="${refreshS}">
        <a class="skip" href="#main">Skip to the page</a>
        ${banner(server, session)}
        <p id="stale" role="alert" hidden>
          The manager does not answer; what you see is from <span data-stale-since></span>. Trying
          again.
        </p>
        <div class="${session ? 'with-nav' : 'alone'}">
          ${session && navigation(frame.pages, look.under ?? look.path)}
          <main id="main" tabindex="-1">
            <div class="page-head">
              <h1>${title}</h1>
              ${about && html`<p class="about" data-part="about">${about}</p>`}
            </div>
            ${message !== undefined && html`<p class="done" role="status">${message}</p>`} ${body}
          </main>
        </div>
        <footer><p>Branchline ${version}, manager</p></footer>
      </body>
    </html> `;
}

function banner(server: string, session: Session | undefined): Html {
  return html`<header>
    ${mark}
    <p class="server">${server}</p>
    ${
      session &&
      html`<form class="signed-in" method="post" action="/sign-out">
        <input type="hidden" name="_csrf" value="${session.csrf}" />
        <a href="/account"><bdi>${session.account}</bdi></a>
        <button class="quiet" type="submit">Sign out</button>
      </form>`
    }
  </header>`;
}

function navigation(pages: readonly ManagerPage[], path: string): Html {
  const [here] = pages
    .filter((page) => page.path === path || path.startsWith(`${page.path}/`))
    .toSorted((a, b) => b.path.length - a.path.length);
  const link = (page: ManagerPage): Html =>
    page === here
      ? html`<li><a href="${page.path}" aria-current="page">${page.title}</a></li>`
      : html`<li><a href="${page.path}">${page.title}</a></li>`;
  return html`<nav class="pages" aria-label="Pages">
    ${pageGroups.map((group) => {
      const members = pages.filter((page) => page.group === group);
      return (
        members.length > 0 &&
        html`<div>
          <h2>${group}</h2>
          <ul>
            ${members.map(link)}
          </ul>
        </div>`
      );
    })}
  </nav>`;
}
