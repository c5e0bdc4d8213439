import { BranchlineError } from '#libs/errors';
import type { BranchTrouble } from '#libs/journal';
import {
  adviceFor,
  fleetPage,
  maxTroubles,
  type Fleet,
  type FleetAnswer,
  type FleetBranch,
  type FleetMember,
} from '#libs/pages';
import type { Updates } from '#libs/sync';
import { iso } from './branch-view.ts';
import { fleetView, type FleetLook } from './fleet-view.ts';
import type { HubPart } from './hub-part.ts';
import type { Runtime } from './runtime.ts';

/** The whole fleet is put together at most this often, in milliseconds: who asks in between gets the same. */
const freshMs = 500;

/** What the status port of a hub says about its branches. */
export function fleetOf(
  hub: Pick<HubPart, 'state' | 'release' | 'views' | 'progress' | 'call'>,
  updates: Pick<Updates, 'all'>,
  { clock, version, log }: Pick<Runtime, 'clock' | 'version' | 'log'>,
): Fleet {
  let made: { readonly at: number; readonly fleet: readonly FleetBranch[] } | undefined;

  const look = async (): Promise<FleetLook> => ({
    release: hub.release(),
    releases: await hub.state.releases(),
    invitations: await hub.state.openInvitations(clock.now()),
    views: hub.views,
    progress: (branch) => hub.progress(branch),
    now: clock.now(),
  });
  const whole = async (): Promise<readonly FleetBranch[]> => {
    const now = performance.now();
    if (made === undefined || now - made.at > freshMs) {
      made = { at: now, fleet: fleetView(await hub.state.branches(), await look()) };
    }
    return made.fleet;
  };
  const head = (): Pick<FleetAnswer, 'at' | 'hub'> => {
    const files = updates.all();
    return {
      at: new Date(clock.now()).toISOString(),
      hub: {
        release: hub.release(),
        files: files.length,
        bytes: files.reduce((sum, { size }) => sum + size, 0),
        version,
      },
    };
  };
  return {
    list: async (query) => ({ ...head(), ...fleetPage(await whole(), query) }),
    member: async (name) => {
      const branch = await hub.state.branch(name);
      const looked = await look();
      const invitations = looked.invitations.filter((open) => open.branch === name);
      const [view] = fleetView(branch === undefined ? [] : [branch], { ...looked, invitations });
      if (view === undefined) throw unknown(name);
      return {
        ...head(),
        branch: view,
        certificateEndsAt: iso(branch?.certificateNotAfter),
        troubles: (await hub.state.troubles(name, maxTroubles)).map(troubleView),
      };
    },
    call: async (name) => {
      const branch = await hub.state.branch(name);
      if (branch === undefined) throw unknown(name);
      if (branch.revokedAt !== undefined) {
        throw new BranchlineError('CERTIFICATE_REVOKED', `${name} was revoked: invite it again`);
      }
      const reached = hub.call(name);
      log.info({ branch: name, reached }, 'a branch was asked to sync now');
      return { reached };
    },
  };
}

const unknown = (name: string): BranchlineError =>
  new BranchlineError('BRANCH_UNKNOWN', `no branch is called ${name.slice(0, 64)}`);

function troubleView(trouble: BranchTrouble): FleetMember['troubles'][number] {
  const { code, name, message, firstAt, lastAt, endedAt } = trouble;
  return {
    code,
    name: name ?? null,
    sentence: message,
    advice: adviceFor(code),
    firstAt: new Date(firstAt).toISOString(),
    lastAt: new Date(lastAt).toISOString(),
    endedAt: iso(endedAt),
  };
}
