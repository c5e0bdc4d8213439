import { BranchlineError } from '#libs/errors';
import { systemClock } from '#libs/lifecycle';
import type { FleetSource, Standing } from '#libs/manager';
import { silentLogger } from '#libs/observe';
import type { Fleet } from '#libs/pages';
import { withHubState } from '../joining/hub-state.ts';
import { openHub } from '../joining/make-hub.ts';
import { BranchViews } from '../server/branch-view.ts';
import { loadPlan } from '../server/compose.ts';
import { fleetOf } from '../server/fleet-part.ts';
import { ServerClient } from '../server/server-client.ts';

/** The fleet as the running server tells it, else as it is written down. */
export function fleetSource(config: string, version: string): FleetSource {
  const told: Fleet = {
    list: async (query) => (await client()).branches(query),
    member: async (name) => (await client()).branch(name),
    call: async (name) => (await client()).callBranch(name),
  };
  async function client(): Promise<ServerClient> {
    return await ServerClient.open(await loadPlan(config));
  }

  /** From the database, while the server is down: nothing moves then. */
  async function written<T>(ask: (fleet: Fleet) => Promise<T>): Promise<T> {
    const { plan, folders } = await openHub(config);
    return await withHubState(plan, (state) =>
      ask(
        fleetOf(
          {
            state,
            release: () => folders.release.version,
            views: new BranchViews(),
            progress: () => undefined,
            call: () => false,
          },
          { all: () => [] },
          { clock: systemClock, version, log: silentLogger() },
        ),
      ),
    );
  }

  return {
    isHub: async () => (await loadPlan(config)).hub !== undefined,
    ask: async (question) => {
      try {
        return { answer: await question(told), standing: 'running' };
      } catch (error) {
        const standing = standingIn(error);
        if (standing === undefined) throw error;
        return { answer: await written(question), standing };
      }
    },
    revoke: async (name) => {
      const plan = await loadPlan(config);
      await withHubState(plan, (state) => state.revoke(name, systemClock.now()));
    },
  };
}

/** Undefined when the server has answered, and refused. */
function standingIn(error: unknown): Standing | undefined {
  if (!(error instanceof BranchlineError)) return undefined;
  if (error.code === 'NOT_RUNNING') return 'down';
  return error.code === 'NOT_FOUND' ? 'not-started-as-hub' : undefined;
}
