import { expect, it } from 'vitest';
import { ftpBranch } from '../support/ftp-branch.ts';
import { RawConnection } from '../support/raw-connection.ts';

it('closes a session that is silent', async () => {
  const branch = await ftpBranch({}, { limits: { silenceMs: 50, checkMs: 10 } });
  const connection = await RawConnection.open(`ftp://127.0.0.1:${branch.port}`);
  expect(await connection.closed()).toMatch(/^220 .*\r\n421 /);
});
