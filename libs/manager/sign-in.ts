import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Audit } from '#libs/audit';
import { BranchlineError } from '#libs/errors';
import type { Logger } from '#libs/observe';
import { html, type Html } from '#libs/pages';
import type { Accounts } from './accounts.ts';
import { formFields, type View } from './manager-page.ts';
import { newPasswordFields } from './password-fields.ts';
import type { Sessions } from './sessions.ts';
import type { SetUpLink } from './set-up-link.ts';
import type { SignInGate, Verdict } from './sign-in-gate.ts';

export interface SignInOptions {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly link: SetUpLink;
  readonly gate: SignInGate;
  readonly cookie: { readonly name: string; readonly secure: boolean };
  readonly show: (
    request: FastifyRequest,
    reply: FastifyReply,
    view: View,
  ) => Promise<FastifyReply>;
  readonly audit: Audit;
  readonly log: Logger;
}

const open = { config: { open: true } } as const;
const beginning = { config: { open: true, begins: true } } as const;

/** Sign in, sign out, and the one-time link of the first start. */
export function signInRoutes(app: FastifyInstance, options: SignInOptions): void {
  const { accounts, sessions, link, gate, show } = options;

  app.get<{ Querystring: { to?: unknown } }>('/sign-in', open, async (request, reply) => {
    if (request.session !== undefined) return reply.redirect('/', 303);
    const nobody = (await accounts.names()).length === 0;
    return await show(request, reply, signInView({ nobody, to: localPath(request.query.to) }));
  });

  app.post('/sign-in', beginning, async (request, reply) => {
    const fields = formFields(request.body);
    const [name, password] = [fields.get('name') ?? '', fields.get('password') ?? ''];
    const to = localPath(fields.get('to'));
    const verdict = await gate.check(request.ip, () => accounts.verify({ name, password }));
    if (verdict !== 'right') {
      options.log.warn({ client: request.ip, code: 'SIGN_IN_REFUSED', verdict }, 'sign-in refused');
      const { status, problem } = refusals[verdict];
      return await show(request, reply, { ...signInView({ to, name, problem }), status });
    }
    return await begin(request, reply, name, to ?? '/');
  });

  app.post('/sign-out', open, async (request, reply) => {
    sessions.end(request.cookies[options.cookie.name]);
    return await reply.clearCookie(options.cookie.name, cookieOptions()).redirect('/sign-in', 303);
  });

  app.get<{ Querystring: { token?: unknown } }>('/set-up', open, async (request, reply) => {
    const token = await requireLink(request, request.query.token);
    return await show(request, reply, setUpView({ token }));
  });

  app.post('/set-up', beginning, async (request, reply) => {
    const fields = formFields(request.body);
    const token = await requireLink(request, fields.get('token'));
    const [name, password] = [fields.get('name')?.trim() ?? '', fields.get('password') ?? ''];
    try {
      if (password !== fields.get('again')) {
        throw new BranchlineError('USAGE', 'the two passwords are not the same');
      }
      if (!(await link.use(token, () => accounts.set({ name, password })))) throw deadLink();
    } catch (error) {
      if (!(error instanceof BranchlineError) || error.code !== 'USAGE') throw error;
      const view = setUpView({ token, name, problem: error.message });
      return await show(request, reply, { ...view, status: 400 });
    }
    sessions.endOthers(name);
    return await begin(request, reply, name, '/');
  });

  async function requireLink(request: FastifyRequest, given: unknown): Promise<string> {
    const token = typeof given === 'string' ? given : '';
    if ((await gate.check(request.ip, () => link.good(token))) === 'right') return token;
    throw deadLink();
  }

  async function begin(
    request: FastifyRequest,
    reply: FastifyReply,
    account: string,
    to: string,
  ): Promise<FastifyReply> {
    sessions.end(request.cookies[options.cookie.name]);
    const by = `administrator ${account} at ${request.ip}`;
    await options.audit.commit([
      { act: 'started', by, via: 'manager', kind: 'session', name: account, result: 'done' },
    ]);
    const { secret } = sessions.begin(account);
    return reply.setCookie(options.cookie.name, secret, cookieOptions()).redirect(to, 303);
  }

  const cookieOptions = () =>
    ({ path: '/', httpOnly: true, sameSite: 'strict', secure: options.cookie.secure }) as const;
}

const deadLink = (): BranchlineError =>
  new BranchlineError(
    'SET_UP_LINK_DEAD',
    'this link was used or is over a day old: `branchline manager link` prints a new one',
  );

const refusals: Readonly<
  Record<Exclude<Verdict, 'right'>, { readonly status: number; readonly problem: string }>
> = {
  wrong: { status: 401, problem: 'The name or the password is wrong.' },
  blocked: {
    status: 429,
    problem: 'Too many wrong passwords came from your address. Try again in ten minutes.',
  },
  busy: { status: 503, problem: 'Too many try to sign in at this moment. Try again.' },
};

/** A path of this manager, never an address elsewhere. */
function localPath(given: unknown): string | undefined {
  if (typeof given !== 'string' || !given.startsWith('/') || given.length > 500) return undefined;
  const base = 'http://manager.invalid';
  if (!URL.canParse(given, base)) return undefined;
  const url = new URL(given, base);
  return url.origin === base ? `${url.pathname}${url.search}` : undefined;
}

interface Attempt {
  readonly name?: string;
  readonly problem?: string;
}

const trouble = (problem: string | undefined): Html | false =>
  problem !== undefined && html`<p class="fault" id="fault" role="alert">${problem}</p>`;

function signInView({
  nobody = false,
  to,
  name,
  problem,
}: Attempt & { nobody?: boolean; to: string | undefined }): View {
  return {
    title: 'Sign in',
    body: html`<form class="card" method="post" action="/sign-in">
      ${trouble(problem)}
      ${
        nobody &&
        html`<p class="hint">
          Nobody can sign in yet. The manager has printed a link when it started: open that, or run
          <code>branchline manager link</code> for a new one.
        </p>`
      }
      <label for="name">Name</label>
      <input id="name" name="name" autocomplete="username" required value="${name}" />
      <label for="password">Password</label>
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        required
      />
      ${to !== undefined && html`<input type="hidden" name="to" value="${to}" />`}
      <button type="submit">Sign in</button>
    </form>`,
  };
}

function setUpView({ token, name, problem }: Attempt & { token: string }): View {
  return {
    title: 'Welcome to Branchline',
    about: 'Choose the name and password with which you will sign in. This link works once.',
    body: html`<form class="card" method="post" action="/set-up">
      ${trouble(problem)}
      <input type="hidden" name="token" value="${token}" />
      <label for="name">Name</label>
      <input id="name" name="name" autocomplete="username" required value="${name}" />
      ${newPasswordFields('Password')}
      <button type="submit">Begin</button>
    </form>`,
  };
}
