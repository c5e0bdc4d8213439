import { adviceFor } from './advice.ts';
import type { Notice } from './attention.ts';
import { html, type Html } from './html.ts';
import { outside, section, when } from './pieces.ts';
import type { ArchiveStatus } from './status.ts';
import { bytes, plural, type Times } from './words.ts';

/** The latest archive of the telephones' data. */
export function archiveSection(archive: ArchiveStatus, times: Times): Html {
  const { name, madeAt, files, bytes: size } = archive;
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
    </dl>`,
  );
}

export function archiveNotices({ lastError }: ArchiveStatus): Notice[] {
  if (lastError === null) return [];
  const { code, sentence } = lastError;
  const incomplete = code === 'ARCHIVE_INCOMPLETE';
  return [
    {
      level: incomplete ? 'warning' : 'failed',
      what: incomplete
        ? `Files are missing in the archive: ${sentence}`
        : `No archive of the telephones' data could be made: ${sentence}`,
      advice: adviceFor(code),
      code,
    },
  ];
}
