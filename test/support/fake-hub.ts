import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import {
  Authority,
  createBranchRequest,
  dayMs,
  hubTlsOptions,
  type BranchIdentity,
} from '#libs/identity';
import { tempFolder } from './temp-folder.ts';

export interface FakeHub {
  /** Who the fake hub takes for its branch. */
  readonly identity: BranchIdentity;
  readonly server: Server;
  /** `GET /path` of each request that came. */
  readonly requests: readonly string[];
}

/** A server with a hub's certificate that answers whatever the test wants: it lies, stalls and never ends. */
export async function startFakeHub(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FakeHub> {
  const authority = await Authority.open(await tempFolder('branchline-fake-'));
  const tls = await authority.issueHubCertificate({ names: ['127.0.0.1'], lifeMs: dayMs });
  const authorityPem = authority.certificatePem;
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(hubTlsOptions({ ...tls, authorityPem }), (request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    answer(request, response);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { keyPem, csrPem } = await createBranchRequest('lisbon');
  const { certificatePem } = await authority.issueBranchCertificate({
    csrPem,
    branch: 'lisbon',
    lifeMs: dayMs,
  });
  const { port } = server.address() as AddressInfo;
  const identity: BranchIdentity = {
    host: '127.0.0.1',
    hubPort: port,
    joinPort: 1,
    hubId: authority.hubId,
    branch: 'lisbon',
    pin: authority.pin,
    authorityPem,
    keyPem,
    certificatePem,
  };
  return { identity, server, requests };
}
