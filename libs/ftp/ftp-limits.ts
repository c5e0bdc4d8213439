/** Bounds of an FTP server; times in milliseconds, sizes in bytes. */
export interface FtpLimits {
  readonly maxSessions: number;
  readonly maxSessionsPerAddress: number;
  /** Of one command, without its end. */
  readonly lineBytes: number;
  /** Commands sent ahead; with more of them the server stops listening until it has caught up. */
  readonly waitingCommands: number;
  /** Silence of a telephone on its control connection (Guide: FTP_TimeOut). */
  readonly silenceMs: number;
  /** Silence of the super user, who is a person. */
  readonly superUserSilenceMs: number;
  /** From PASV to the data connection, and from PORT to its being accepted. */
  readonly dataConnectMs: number;
  /** A data connection on which no byte moves. */
  readonly stallMs: number;
  readonly handshakeMs: number;
  /** Transfers that are going on when the server stops may take this long to end. */
  readonly stopMs: number;
  readonly checkMs: number;
  /** Entries of one folder that a listing shows. */
  readonly listed: number;
}

export const defaultFtpLimits: FtpLimits = {
  maxSessions: 2048,
  maxSessionsPerAddress: 64,
  lineBytes: 2048,
  waitingCommands: 64,
  silenceMs: 5_000,
  superUserSilenceMs: 300_000,
  dataConnectMs: 30_000,
  stallMs: 60_000,
  handshakeMs: 10_000,
  stopMs: 3_000,
  checkMs: 1_000,
  listed: 100_000,
};
