import {
  branchWords,
  fleetStates,
  html,
  number,
  plural,
  section,
  stateWord,
  table,
  Times,
  bytes,
  type FleetAnswer,
  type FleetQuery,
  type FleetSort,
  type Html,
} from '#libs/pages';
import { fleetAddress, fleetQuery, perPage, sortAddress } from './fleet-query.ts';
import { fleetRow } from './fleet-rows.ts';
import { standingNotice, type FleetSource } from './fleet-source.ts';
import { fleetBranchRoutes } from './fleet-branch.ts';
import type { ManagerPage } from './manager-page.ts';

/** Every branch of a hub: how it is, how far behind, and why; who needs somebody first. */
export function fleetPage(source: FleetSource): ManagerPage {
  return {
    path: '/fleet',
    title: 'Fleet',
    group: 'Watch',
    register(app, desk) {
      app.get('/fleet', async (request, reply) => {
        if (!(await source.isHub())) {
          return await desk.page(request, reply, { title: 'Fleet', body: noHub });
        }
        const query = fleetQuery(request.url);
        const { answer, standing } = await source.ask((fleet) => fleet.list(query));
        return await desk.page(request, reply, {
          title: 'Fleet',
          about: aboutOf(answer),
          refreshS: 5,
          reloadS: 30,
          body: html`${standingNotice(standing)} ${filter(query)} ${fleetSection(answer, query)}`,
        });
      });
      fleetBranchRoutes(app, desk, source);
    },
  };
}

const noHub = section(
  'fleet',
  'Not a hub',
  html`<p>
    This server has no branches. <a href="/join">Make it a hub</a>, or join it to one, on the page
    Join.
  </p>`,
);

function aboutOf({ hub, total }: FleetAnswer): Html {
  const files = hub.files === 0 ? '' : html`, ${plural(hub.files, 'file')}, ${bytes(hub.bytes)}`;
  return html`${plural(total, 'branch', 'branches')}. Release
    <b>${number(hub.release)}</b>${files}.`;
}

/** Works without scripts: a form that asks by its address. */
function filter({ state, search, sort, order }: FleetQuery): Html {
  const kept = Object.entries({ sort, order }).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${value}" />`],
  );
  return html`<form class="filter" method="get" action="/fleet" role="search">
    <div>
      <label for="search">Find</label>
      <input
        id="search"
        name="search"
        type="search"
        maxlength="100"
        value="${search}"
        placeholder="name, version or error"
      />
    </div>
    <div>
      <label for="state">State</label>
      <select id="state" name="state">
        <option value="">All</option>
        ${fleetStates.map(
          (name) =>
            html`<option value="${name}" ${state === name ? selected : ''}>
              ${branchWords[name].word}
            </option>`,
        )}
      </select>
    </div>
    ${kept}
    <button type="submit">Show</button>
    <a class="button quiet" href="/join">Invite a branch</a>
  </form>`;
}

const selected = html`selected`;

function fleetSection(answer: FleetAnswer, query: FleetQuery): Html {
  const times = new Times(answer.at);
  const { branches, hub, total } = answer;
  const empty =
    total === 0
      ? html`<p class="empty">No branch yet. <a href="/join">Invite the first one</a>.</p>`
      : html`<p class="empty">None like that. <a href="/fleet">Show all</a>.</p>`;
  return section(
    'fleet',
    'Branches',
    html`${states(answer, query)}
    ${
      branches.length === 0
        ? empty
        : table(
            'Branches',
            columns.map((column) => columnHead(column, query)),
            branches.map((branch) => fleetRow(branch, hub, times)),
          )
    }
    ${pager(answer, query)}`,
  );
}

/** How many there are in each state; each shows its own. */
function states({ counts }: FleetAnswer, query: FleetQuery): Html {
  const present = fleetStates
    .toSorted((a, b) => branchWords[a].rank - branchWords[b].rank)
    .filter((state) => (counts[state] ?? 0) > 0 || query.state === state);
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const link = (to: string, here: boolean, text: Html | string): Html =>
    here
      ? html`<li><a href="${to}" aria-current="true">${text}</a></li>`
      : html`<li><a href="${to}">${text}</a></li>`;
  return html`<ul class="states" aria-label="By state">
    ${link(fleetAddress(query, { state: undefined }), query.state === undefined, `${number(all)} in all`)}
    ${present.map((state) =>
      link(
        fleetAddress(query, { state }),
        query.state === state,
        stateWord(
          branchWords[state].tone,
          `${number(counts[state] ?? 0)} ${branchWords[state].word}`,
        ),
      ),
    )}
  </ul>`;
}

interface Column {
  readonly sort: FleetSort;
  readonly text: string;
  readonly figure?: true;
}

const columns: readonly Column[] = [
  { sort: 'name', text: 'Branch' },
  { sort: 'state', text: 'State' },
  { sort: 'behind', text: 'Releases behind', figure: true },
  { sort: 'seen', text: 'Last asked' },
  { sort: 'version', text: 'Version' },
  { sort: 'certificate', text: 'Certificate', figure: true },
  { sort: 'clock', text: 'Clock', figure: true },
  { sort: 'disk', text: 'Free disk', figure: true },
  { sort: 'phones', text: 'Phones', figure: true },
];

function columnHead({ sort, text, figure }: Column, query: FleetQuery): Html {
  const here = query.sort === sort;
  const way = query.order === 'desc' ? 'descending' : 'ascending';
  return html`<th scope="col" class="${figure ? 'figure' : ''}" aria-sort="${here ? way : 'none'}">
    <a href="${sortAddress(query, sort)}">${text}</a>
  </th>`;
}

function pager({ offset, matching, branches }: FleetAnswer, query: FleetQuery): Html | undefined {
  if (matching <= perPage && offset === 0) return undefined;
  const last = offset + branches.length;
  const to = (from: number): string => fleetAddress(query, { offset: from });
  return html`<nav class="pager" aria-label="Pages of branches">
    ${offset > 0 && html`<a rel="prev" href="${to(Math.max(0, offset - perPage))}">Earlier</a>`}
    <span>
      ${branches.length === 0 ? '0' : `${number(offset + 1)}–${number(last)}`} of
      ${number(matching)}
    </span>
    ${last < matching && html`<a rel="next" href="${to(last)}">Later</a>`}
  </nav>`;
}
