import {
  branchLimits,
  branchWords,
  bytes,
  codeChip,
  html,
  number,
  outside,
  plural,
  sameVersion,
  skewText,
  stateWord,
  when,
  type FleetAnswer,
  type FleetBranch,
  type Html,
  type Times,
} from '#libs/pages';

const dash = html`<span class="faint">–</span>`;

export const branchAddress = (name: string): string => `/fleet/${encodeURIComponent(name)}`;

export function stateOf({ state }: Pick<FleetBranch, 'state'>): Html {
  const { tone, word } = branchWords[state];
  return stateWord(tone, word);
}

/** How many releases it lacks, and since when. */
export function behindText({ behind, behindSince }: FleetBranch, times: Times): Html | string {
  if (behind === null) return dash;
  if (behind === 0) return '0';
  const since = behindSince === null ? '' : ` since ${times.at(behindSince)}`;
  return html`<b>${number(behind)}</b><span class="faint">${since}</span>`;
}

export function certificateText(days: number | null): Html | string {
  if (days === null) return dash;
  return days < 0 ? 'expired' : plural(days, 'day');
}

export const diskText = (free: number | null): Html | string =>
  free === null ? dash : bytes(free);

export const clockText = (skewS: number | null): Html | string =>
  skewS === null ? dash : skewText(skewS);

/** Which figures are a reason to act. */
export function beyond({
  certificateDaysLeft: days,
  clockSkewS: skew,
  freeBytes: free,
}: FleetBranch): {
  readonly certificate: boolean;
  readonly clock: boolean;
  readonly disk: boolean;
} {
  return {
    certificate: days !== null && days <= branchLimits.certificateDays,
    clock: skew !== null && Math.abs(skew) >= branchLimits.clockSkewS,
    disk: free !== null && free < branchLimits.freeBytes,
  };
}

/** Of the telephones that its newest scan has found. */
export const phonesBehindText = ({ behind }: NonNullable<FleetBranch['scan']>): string =>
  behind === 0 ? 'none is behind' : `${number(behind)} ${behind === 1 ? 'is' : 'are'} behind`;

function phonesText({ scan }: FleetBranch): Html {
  if (scan === undefined) return dash;
  return html`${scan.behind > 0 && html`<span class="aside">${number(scan.behind)} behind</span>`}
  ${number(scan.phones)}`;
}

/** A pull that is going on: a bar, and the same in words. */
export function pullLine({ pull, name }: FleetBranch): Html | undefined {
  if (pull === null) return undefined;
  const { bytes: here, bytesOverall: overall, bytesPerS, file, files, filesDone } = pull;
  const share = overall === 0 ? 0 : Math.min(1, here / overall);
  const speed = bytesPerS === null ? '' : `, ${bytes(bytesPerS)}/s`;
  return html`<div class="pulling">
    <progress
      value="${here}"
      max="${Math.max(1, overall)}"
      aria-label="${`Pull of ${name}`}"
    ></progress>
    <span>
      ${Math.floor(share * 100)} % of ${bytes(overall)}${speed}, ${number(filesDone)} of
      ${plural(files, 'file')}${file !== null && html`: ${outside(file)}`}
    </span>
  </div>`;
}

/** One branch of the table, and below it what goes wrong there or how far its pull is. */
export function fleetRow(branch: FleetBranch, hub: FleetAnswer['hub'], times: Times): Html {
  const { lastError, version } = branch;
  const bad = beyond(branch);
  const other = version !== null && !sameVersion(version, hub.version);
  const pulling = pullLine(branch);
  const trouble = branch.state === 'revoked' ? null : lastError;
  const cell = (text: Html | string, warn: boolean): Html =>
    html`<td class="figure${warn ? ' warning' : ''}">${text}</td>`;
  return html`<tr class="${trouble || pulling ? 'noted' : ''}">
      <th scope="row"><a href="${branchAddress(branch.name)}">${outside(branch.name)}</a></th>
      <td>${stateOf(branch)}</td>
      <td class="figure">${behindText(branch, times)}</td>
      <td>
        ${
          branch.state === 'invited'
            ? html`<span class="faint">invitation ends</span> ${when(branch.invitedUntil, times)}`
            : when(branch.lastSeenAt, times)
        }
      </td>
      <td class="${other ? 'warning' : ''}">${version ?? dash}</td>
      ${cell(certificateText(branch.certificateDaysLeft), bad.certificate)}
      ${cell(clockText(branch.clockSkewS), bad.clock)} ${cell(diskText(branch.freeBytes), bad.disk)}
      <td class="figure">${phonesText(branch)}</td>
    </tr>
    ${
      (trouble || pulling) &&
      html`<tr class="note">
        <td colspan="9">
          <div class="note-text">
            ${pulling}
            ${
              trouble &&
              html`${trouble.sentence}
                <span class="advice">${trouble.advice}</span> ${codeChip(trouble.code)}`
            }
          </div>
        </td>
      </tr>`
    }`;
}
