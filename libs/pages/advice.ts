import { errorCodes, isErrorCode, type ErrorCode, type Fault } from '#libs/errors';

const byCode: Partial<Record<ErrorCode, string>> = {
  LISTEN_FAILED: 'Stop the other program on this port, or choose another port in the settings.',
  ACCESS_DENIED: 'Mend the access list, or remove it to let every phone in.',
  DISK_FULL: 'Make room on this disk. It goes on by itself once there is enough.',
  WRITE_FAILED: 'Check that the disk is mounted, writable and healthy.',
  JOURNAL_UNUSABLE: 'Check the disk of StateDir, then restart; phones keep being served.',
  PEER_UNREACHABLE: 'Check the link, the address in the settings and that the hub runs.',
  PEER_REFUSED: 'Ask the head office whether this branch was revoked.',
  PEER_TOO_SLOW: 'The link is very slow or stalls; what was fetched is kept and continued.',
  PEER_BUSY: 'Nothing: it is tried again by itself.',
  PROXY_REFUSED: 'Check the proxy’s address, user and password in the settings.',
  PROTOCOL_MISMATCH: 'Bring hub and branch to the same version of Branchline.',
  LINK_CYCLE:
    'Correct the primary and secondary in the settings: servers must not ask each other in a circle.',
  DIGEST_MISMATCH: 'Something on the way changes files, often a proxy; take it out of the way.',
  CERTIFICATE_EXPIRED:
    'Join again: `branchline hub invite NAME` at the hub, then `branchline join` here.',
  CERTIFICATE_REVOKED: 'If it should come back, invite it again at the hub.',
  NOT_JOINED: 'Run `branchline hub invite NAME` at the hub and `branchline join STRING` here.',
  MIRROR_AWAY:
    'Look at the other server and at the line between the two; each takes from the other what it lacks.',
  RELEASE_FROZEN: 'Check that the hub runs and that the clocks of both servers are right.',
  RELEASE_ROLLED_BACK:
    'Was the hub restored from a backup? Then run `branchline hub recover` there.',
  RELEASE_STRANGE_KEY: 'Nothing was taken. Was the hub set up anew? Then join this branch again.',
  RELEASE_UNSIGNED: 'Nothing was taken. Find out who answers in the hub’s place.',
  ARCHIVE_TOO_LARGE: 'Move away from FTPdata what is no telephone’s data.',
  ARCHIVE_INCOMPLETE: 'It is made again every hour; rename or remove what it names.',
  CUSTOM_FTP_UNREACHABLE:
    'It is tried again every hour; check that the server runs, and CustomFTPHost, CustomFTPPort and CustomFTPTLS.',
  CUSTOM_FTP_REFUSED:
    'Check CustomFTPUName, CustomFTPPwd, CustomFTPDDir, the rights and the space there; it is tried again every hour.',
  ARCHIVE_ENCRYPTED: 'Put the archive into Updates without a password.',
  ARCHIVE_LIMIT: 'Split the archive, or raise the limit in the settings.',
};

const byFault: Record<Fault, string> = {
  operator: 'See the log of this server for the details.',
  peer: 'It is tried again by itself; see the log of the hub if it stays.',
  phone: 'See what the phone asks for; usually a setting of the phone.',
  archive:
    'Get the archive again from its maker and put it into Updates; the others are not held up.',
  ours: 'This should not happen: please report it with the log.',
};

/** What an operator can do about an error, in one sentence. */
export function adviceFor(code: string): string {
  if (!isErrorCode(code)) return byFault.operator;
  return byCode[code] ?? byFault[errorCodes[code].fault];
}
