export type { ApplicationFolder } from './application-folders.ts';
export { defaultFtpLimits, type FtpLimits } from './ftp-limits.ts';
export { FtpServer, type FtpServerOptions } from './ftp-server.ts';
export { LogIn, type LogInOptions, type SuperUser } from './log-in.ts';
export { PassivePorts, type PassiveRange } from './passive-ports.ts';
export type { PhoneFiles } from './phone-area.ts';
export { SuperUserArea, type SuperUserFiles } from './super-user-area.ts';
