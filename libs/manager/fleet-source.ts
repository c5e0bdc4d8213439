import { html, stateWord, type Fleet, type Html } from '#libs/pages';

/** Who has answered: the server, or what is written down while it is down or has not been started as a hub yet. */
export type Standing = 'running' | 'down' | 'not-started-as-hub';

/** Where the fleet pages ask; apps/manager knows the server and its files. */
export interface FleetSource {
  /** Whether the settings make this server a hub. */
  isHub(): Promise<boolean>;
  ask<T>(
    question: (fleet: Fleet) => Promise<T>,
  ): Promise<{ readonly answer: T; readonly standing: Standing }>;
  /** Lock a branch out. @throws BranchlineError BRANCH_UNKNOWN. */
  revoke(name: string): Promise<void>;
}

/** What people must know before they believe the page. */
export function standingNotice(standing: Standing): Html | undefined {
  if (standing === 'running') return undefined;
  const [what, why] =
    standing === 'down'
      ? ['The server does not answer.', 'This was written down when it did; branches get nothing.']
      : ['The server does not run as a hub yet.', 'It becomes one when it is started again.'];
  return html`<div class="problem" role="alert">
    <p>${stateWord('failed', what)}</p>
    <p>${why} Start it on the page <a href="/services">Services</a>.</p>
  </div>`;
}
