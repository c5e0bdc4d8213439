import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Html } from '#libs/pages';

/** Where a page stands in the navigation; in this order. */
export const pageGroups = ['Watch', 'Steer', 'Server'] as const;
export type PageGroup = (typeof pageGroups)[number];

/** One page of the manager: it registers what lies under its path, all of it behind the sign-in. */
export interface ManagerPage {
  readonly path: `/${string}`;
  /** One or two words; stands in the navigation. */
  readonly title: string;
  readonly group: PageGroup;
  register(app: FastifyInstance, desk: Desk): void;
}

/** What is shown inside the frame. */
export interface View {
  readonly title: string;
  /** One line below it: what the page is for, or how things stand. */
  readonly about?: Html | string | undefined;
  readonly body: Html;
  /** Seconds after which the elements with `data-part` are renewed; without scripts the page loads again. 0 = never. */
  readonly refreshS?: number;
  /** The same without scripts, where a reload takes away what somebody is writing or marking; nothing = `refreshS`. */
  readonly reloadS?: number;
  /** Further scripts: names of files that the page has added by `Desk.asset`. */
  readonly scripts?: readonly string[];
  /** Path of the page in the navigation, where the request's own is below it. */
  readonly under?: string;
  readonly status?: number;
}

/** An act of an administrator, for the audit log. */
export interface ManagerAct {
  /** What was changed: settings, branch, invitation, update, alarm, scan, service, account, backup … */
  readonly kind: string;
  readonly act:
    | 'changed'
    | 'removed'
    | 'started'
    | 'stopped'
    | 'restarted'
    | 'restored'
    | 'published'
    | 'fetched'
    | 'resent'
    | 'invited'
    | 'joined'
    | 'revoked';
  /** The key, branch, file or unit. */
  readonly name: string;
  readonly branch?: string;
  readonly result?: string;
}

/** What the frame does for its pages. */
export interface Desk {
  /** Send a page in the frame: navigation, who is signed in, what was just done. */
  page(request: FastifyRequest, reply: FastifyReply, view: View): Promise<FastifyReply>;
  /** The hidden field that every form with method="post" needs. */
  csrfField(request: FastifyRequest): Html;
  /** For bodies that are streamed: the token, to be sent as header x-csrf-token or as first part. */
  csrf(request: FastifyRequest): string;
  /** For routes with `config: { csrfInBody: true }`, once the body's first part is read. @throws BranchlineError CSRF_REFUSED. */
  requireCsrf(request: FastifyRequest, token: unknown): void;
  /** Answer a POST that worked: to the page `to`, which then says `message`. */
  done(request: FastifyRequest, reply: FastifyReply, to: string, message: string): FastifyReply;
  /** Who has signed in. */
  account(request: FastifyRequest): string;
  /** On the disk when it resolves; before the act counts. */
  audit(request: FastifyRequest, act: ManagerAct): Promise<void>;
  /** The address of one of the lib's own files in `assets/`, such as `plots.js`. */
  asset(name: string): string;
}

/** The fields of a posted form; a name that stands in it twice has its last value. */
export function formFields(body: unknown): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (typeof body !== 'object' || body === null) return fields;
  for (const [key, value] of Object.entries(body)) {
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    if (typeof last === 'string') fields.set(key, last);
  }
  return fields;
}
