import { branchLimits, sameVersion } from './branch-attention.ts';
import { branchWords, skewText } from './branch-words.ts';
import { html, type Html } from './html.ts';
import { bar, codeChip, head, outside, section, stateWord, table, when } from './pieces.ts';
import type { BranchStatus, HubStatus } from './status.ts';
import { bytes, duration, number, plural, type Times } from './words.ts';

/** Rows on the page; the JSON has them all. */
const shown = 300;

/** From good to bad, as the bar of the fleet shows them; those that left come last. */
const fleetOrder = ['in-sync', 'pending', 'never-seen', 'overdue', 'error', 'revoked'] as const;

/** Which site is behind, and why. */
export function branchesSection(hub: HubStatus, version: string, times: Times): Html {
  const branches = hub.branches.toSorted(
    (a, b) => branchWords[a.state].rank - branchWords[b.state].rank || a.name.localeCompare(b.name),
  );
  const rest = hub.branchesTotal - Math.min(branches.length, shown);
  const body = html`${fleet(hub)}
  ${
    branches.length === 0
      ? html`<p class="empty">
          No branch yet. <code>branchline hub invite NAME</code> prints what the branch needs to
          join.
        </p>`
      : table(
          'Branches',
          [
            head('Branch'),
            head('State'),
            head('Last asked'),
            head('Release', 'figure'),
            head('Version'),
            head('Certificate', 'figure'),
            head('Clock', 'figure'),
            head('Free disk', 'figure'),
          ],
          branches.slice(0, shown).map((branch) => row(branch, hub, version, times)),
        )
  }
  ${rest > 0 && html`<p class="more">and ${number(rest)} more: <a href="/api/v1/status">as JSON</a></p>`}`;
  return section('branches', 'Branches', body, releaseLine(hub, times));
}

function releaseLine(hub: HubStatus, times: Times): Html {
  const { releaseVersion, files, publishedAt, timestampExpiresAt, invitationsOpen } = hub;
  const release =
    releaseVersion === null
      ? html`nothing published yet`
      : html`release <b>${number(releaseVersion)}</b>: ${plural(files, 'file')}, ${bytes(hub.bytes)}`;
  return html`${release}${publishedAt && html`, published ${times.relative(publishedAt)}`}${
    timestampExpiresAt &&
    times.ageS(timestampExpiresAt) < 0 &&
    html`, signature good for ${duration(-times.ageS(timestampExpiresAt))}`
  }${invitationsOpen > 0 && html`, ${plural(invitationsOpen, 'open invitation')}`}`;
}

/** The whole fleet at a glance: one bar, and the same in words. */
function fleet({ branches }: HubStatus): Html | undefined {
  if (branches.length < 2) return undefined;
  const states = fleetOrder.map((state) => {
    const { tone, word } = branchWords[state];
    const count = branches.filter((branch) => branch.state === state).length;
    return { tone, word, count, share: count / branches.length };
  });
  const present = states.filter(({ count }) => count > 0);
  return html`<div class="fleet">
    ${bar(present)}
    <ul>
      ${present.map(({ tone, word, count }) => html`<li>${stateWord(tone, `${number(count)} ${word}`)}</li>`)}
    </ul>
  </div>`;
}

function row(branch: BranchStatus, hub: HubStatus, version: string, times: Times): Html {
  const { tone, word } = branchWords[branch.state];
  const { lastError, certificateDaysLeft: days, clockSkewS: skew, freeBytes: free } = branch;
  const behind = (hub.releaseVersion ?? 0) - (branch.releaseVersion ?? 0);
  const other = branch.version !== null && !sameVersion(branch.version, version);
  return html`<tr class="${lastError ? 'noted' : ''}">
      <th scope="row">${outside(branch.name)}</th>
      <td>${stateWord(tone, word)}</td>
      <td>${when(branch.lastSeenAt, times)}</td>
      <td class="figure">
        ${
          branch.releaseVersion !== null &&
          behind > 0 &&
          html`<span class="aside">${number(behind)} behind</span>`
        }
        ${branch.releaseVersion === null ? faintDash : number(branch.releaseVersion)}
      </td>
      <td class="${other ? 'warning' : ''}">${branch.version ?? faintDash}</td>
      ${limited(days, days !== null && days <= branchLimits.certificateDays, days === null ? '' : days < 0 ? 'expired' : plural(days, 'day'))}
      ${limited(skew, skew !== null && Math.abs(skew) >= branchLimits.clockSkewS, skew === null ? '' : skewText(skew))}
      ${limited(free, free !== null && free < branchLimits.freeBytes, bytes(free ?? 0))}
    </tr>
    ${
      lastError &&
      html`<tr class="note">
        <td colspan="8">
          <div class="note-text">
            ${lastError.sentence}
            <span class="advice">${lastError.advice}</span> ${codeChip(lastError.code)}
          </div>
        </td>
      </tr>`
    }`;
}

const faintDash = html`<span class="faint">–</span>`;

function limited(value: number | null, beyond: boolean, text: string): Html {
  if (value === null) return html`<td class="figure">${faintDash}</td>`;
  return html`<td class="figure ${beyond ? 'warning' : ''}">${text}</td>`;
}
