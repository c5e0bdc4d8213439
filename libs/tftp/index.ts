export { decodePacket, encodePacket, maxBlockSize, type Options, type Packet } from './packet.ts';
export type { DataPorts } from './open-doors.ts';
export { tftpFetch, type TftpFetchOptions } from './tftp-fetch.ts';
export { tftpLimits, TftpServer, type TftpLimits, type TftpServerOptions } from './tftp-server.ts';
