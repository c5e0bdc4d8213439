export { defaultTimeouts, type LinkTimeouts } from './connection.ts';
export { type FileRequest } from './download.ts';
export { HubClient, type HubClientOptions } from './hub-client.ts';
export type { HubIdentity } from './hub-identity.ts';
export { PeerBusyError } from './refusal.ts';
export * from './shapes.ts';
export type { ProxyOptions } from './tunnel.ts';
