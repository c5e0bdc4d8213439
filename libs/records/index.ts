export { AllowedPeers, plainPeer } from './allowed-peers.ts';
export { fileName, isSameDay } from './file-name.ts';
export { openFolderOf, recoverFiles, type RecoveredFile } from './open-files.ts';
export { incomplete, RawLink, type LinkConnection, type RawLinkOptions } from './raw-link.ts';
export { RecordWeb, type RecordWebOptions } from './record-web.ts';
export { RecordTally } from './record-tally.ts';
export { RecordLane, type CutRules, type LaneOptions } from './record-lane.ts';
