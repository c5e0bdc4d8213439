export { bodyDeadline, type BodyDeadline } from './body-deadline.ts';
export { defaultTimeouts, type LinkTimeouts } from './connection.ts';
export { type FileRequest } from './download.ts';
export { HubClient, type HubClientOptions } from './hub-client.ts';
export type { HubIdentity, HubTls } from './hub-identity.ts';
export { hubLimits, type HubLimits } from './hub-limits.ts';
export { HubServer, type HubServerOptions } from './hub-server.ts';
export type { IssueCertificate } from './issuer.ts';
export { joinHub, type JoinedHub, type JoinOptions } from './join-hub.ts';
export { joinLimits, JoinServer, type JoinLimits, type JoinServerOptions } from './join-server.ts';
export type { ToldLedger } from './ledger-route.ts';
export type { HubMirror } from './hub-mirror.ts';
export type { MirrorAsked, ToldMirror } from './mirror-route.ts';
export { maxMirrorRows, maxMirrorWaitMs } from './mirror-shapes.ts';
export type { ServedRelease } from './metadata-route.ts';
export type { HubRestores, OwnCopy, RestoredBackup } from './hub-restores.ts';
export type { HubUploads } from './hub-uploads.ts';
export type { ToldProgress } from './live-progress.ts';
export { PeerBusyError } from './refusal.ts';
export { renewIdentity } from './renew-identity.ts';
export { Renewal, type RenewalOptions } from './renewal.ts';
export type { HeldBackup, HeldBackups } from './restore-route.ts';
export * from './shapes.ts';
export type { ProxyOptions } from './tunnel.ts';
export {
  decodeFrames,
  encodeFrames,
  maxFramedBytes,
  maxFramesBytes,
  type FramedFile,
} from './upload-frames.ts';
export { maxScanVersions, ScanTold } from './scan-shape.ts';
export type { UploadIntake } from './upload-intake.ts';
export { watchdogServerName } from './tls-trouble.ts';
