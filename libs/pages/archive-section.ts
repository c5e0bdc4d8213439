import { adviceFor } from './advice.ts';
import type { Notice } from './attention.ts';
import { html, type Html } from './html.ts';
import { outside, section, when } from './pieces.ts';
import type { ArchiveStatus } from './status.ts';
import { bytes, plural, type Times } from './words.ts';

/** The latest archive of the telephones' data. */
export function archiveSection(archive: ArchiveStatus, times: Times): Html {
  const { name, madeAt, files, bytes: size, customFtp } = archive;
  return section(
    'archive',
    'Archive',
    html`<dl class="facts stacked">
      <div>
        <dt>${name === null ? 'None yet' : outside(name)}</dt>
        <dd>
          ${
            name === null
              ? 'There was nothing to pack so far.'
              : html`made ${when(madeAt, times)}: ${plural(files, 'file')}, ${bytes(size)}`
          }
        </dd>
      </div>
      ${
        customFtp &&
        html`<div>
          <dt>To ${outside(customFtp.server)}</dt>
          <dd>
            ${
              customFtp.name === null
                ? 'Nothing has arrived there yet.'
                : html`${outside(customFtp.name)} arrived ${when(customFtp.sentAt, times)}`
            }
          </dd>
        </div>`
      }
    </dl>`,
  );
}

export function archiveNotices({ lastError, customFtp }: ArchiveStatus): Notice[] {
  return [
    ...(lastError === null ? [] : [archiveNotice(lastError)]),
    ...(customFtp?.lastError ? [deliveryNotice(customFtp.lastError)] : []),
  ];
}

type Problem = NonNullable<ArchiveStatus['lastError']>;

function archiveNotice({ code, sentence }: Problem): Notice {
  const incomplete = code === 'ARCHIVE_INCOMPLETE';
  return {
    level: incomplete ? 'warning' : 'failed',
    what: incomplete
      ? `Files are missing in the archive: ${sentence}`
      : `No archive of the telephones' data could be made: ${sentence}`,
    advice: adviceFor(code),
    code,
  };
}

const deliveryNotice = ({ code, sentence }: Problem): Notice => ({
  level: 'failed',
  what: `The archive did not reach your FTP server: ${sentence}`,
  advice: adviceFor(code),
  code,
});
