import { expect, it } from 'vitest';
import { statusJson } from '../../libs/pages/status-json.ts';
import { branchStatus, hubStatus, quietStatus } from '../support/fake-status.ts';

it.each([
  ['a hub with branches', hubStatus()],
  ['a branch', branchStatus()],
  ['a server on which nothing has happened', quietStatus()],
])('says of %s what JSON.stringify says, also the second time', (_, status) => {
  for (let n = 0; n < 2; n += 1) expect(JSON.parse(statusJson(status))).toEqual(status);
});

it('says the new words of a branch that has changed', () => {
  const status = hubStatus();
  const { hub } = status;
  statusJson(status);
  const branches = (hub?.branches ?? []).map((branch) => ({
    ...branch,
    name: `${branch.name}"]}`,
  }));
  const changed = { ...status, hub: hub && { ...hub, branches } };
  expect(JSON.parse(statusJson(changed))).toEqual(changed);
});
