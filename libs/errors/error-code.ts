/** Whose fault a failure is: it decides who must act, and how loudly it is logged. */
export type Fault = 'operator' | 'peer' | 'phone' | 'archive' | 'ours';

/** What a code means outside: the command's exit code, the HTTP status, whose fault, and whether trying again can help. */
export interface ErrorMeaning {
  readonly exit: 1 | 2 | 3 | 10 | 11 | 12 | 13 | 130;
  readonly status: number;
  readonly fault: Fault;
  /** True when the same request may succeed later without anybody changing anything. */
  readonly retry: boolean;
}

const meaning = (
  exit: ErrorMeaning['exit'],
  status: number,
  fault: Fault,
  retry = false,
): ErrorMeaning => ({ exit, status, fault, retry });

/** Every failure an operator may meet. `docs/errors.md` has one heading per code; a test holds the two together. */
export const errorCodes = {
  INTERNAL: meaning(1, 500, 'ours'),
  USAGE: meaning(2, 400, 'operator'),
  INTERRUPTED: meaning(130, 503, 'operator', true),
  ALREADY_RUNNING: meaning(13, 409, 'operator'),
  NOT_RUNNING: meaning(11, 503, 'operator', true),
  NOT_FOUND: meaning(1, 404, 'phone'),
  PARTLY_DONE: meaning(3, 200, 'archive'),

  SETTINGS_INVALID: meaning(10, 422, 'operator'),
  SETTINGS_UNREADABLE: meaning(10, 422, 'operator'),
  SETTINGS_CHANGED: meaning(1, 409, 'operator'),
  SERVICE_REFUSED: meaning(1, 502, 'operator'),
  LISTEN_FAILED: meaning(1, 500, 'operator'),
  API_TOKEN_WRONG: meaning(12, 401, 'operator'),
  SIGN_IN_NEEDED: meaning(12, 401, 'operator'),
  SIGN_IN_REFUSED: meaning(12, 401, 'operator'),
  SET_UP_LINK_DEAD: meaning(12, 403, 'operator'),
  CSRF_REFUSED: meaning(12, 403, 'operator'),

  ACCESS_DENIED: meaning(12, 403, 'phone'),
  PATH_OUTSIDE_TREE: meaning(1, 403, 'phone'),
  NAME_MALFORMED: meaning(1, 400, 'phone'),
  FILE_TOO_LARGE: meaning(1, 413, 'phone'),
  DISK_FULL: meaning(1, 507, 'operator', true),
  WRITE_FAILED: meaning(1, 500, 'operator', true),
  FILE_CHANGED: meaning(1, 409, 'operator', true),
  TREE_TOO_LARGE: meaning(1, 507, 'operator'),
  BACKUPS_TOO_MANY: meaning(1, 507, 'operator'),

  RECORD_INCOMPLETE: meaning(1, 400, 'peer'),
  RECORD_EMPTY: meaning(1, 400, 'peer'),
  RECORD_TOO_LONG: meaning(1, 400, 'peer'),

  STATE_ARCHIVE_BROKEN: meaning(1, 422, 'operator'),
  JOURNAL_UNUSABLE: meaning(1, 500, 'operator'),

  SCAN_RANGE_INVALID: meaning(2, 400, 'operator'),
  SCAN_TOO_LARGE: meaning(2, 400, 'operator'),

  PACKET_MALFORMED: meaning(1, 400, 'phone'),
  WRITE_REFUSED: meaning(1, 405, 'phone'),
  PHONES_TOO_MANY: meaning(1, 503, 'phone', true),
  PHONE_SILENT: meaning(1, 504, 'phone', true),
  PHONE_STOPPED: meaning(1, 499, 'phone', true),
  PHONE_UNVERIFIED: meaning(1, 403, 'phone'),
  COMMAND_MALFORMED: meaning(1, 400, 'phone'),
  LOGIN_REFUSED: meaning(12, 401, 'phone'),
  DATA_CONNECTION_FAILED: meaning(1, 502, 'phone', true),
  DATA_ADDRESS_REFUSED: meaning(1, 403, 'phone'),
  NOT_YOURS: meaning(12, 403, 'phone'),
  CREDENTIALS_WRONG: meaning(12, 401, 'phone'),
  TRIES_EXCEEDED: meaning(12, 429, 'phone', true),
  UPLOAD_NOT_OPEN: meaning(1, 403, 'phone'),
  UPLOAD_INVALID: meaning(1, 400, 'phone'),

  PEER_UNREACHABLE: meaning(11, 502, 'peer', true),
  PEER_REFUSED: meaning(12, 502, 'peer'),
  PEER_ANSWER_INVALID: meaning(1, 502, 'peer'),
  PEER_BUSY: meaning(11, 503, 'peer', true),
  PEER_TOO_SLOW: meaning(11, 504, 'peer', true),
  PEER_FULL: meaning(11, 507, 'peer', true),
  CUSTOM_FTP_UNREACHABLE: meaning(11, 502, 'peer', true),
  CUSTOM_FTP_REFUSED: meaning(12, 502, 'operator'),
  ALARM_RECEIVER_UNREACHABLE: meaning(11, 502, 'peer', true),
  ALARM_RECEIVER_REFUSED: meaning(12, 502, 'operator'),
  ALARMS_NOT_SENT: meaning(1, 502, 'operator'),
  RECORD_NAME_REUSED: meaning(1, 409, 'peer'),
  DISK_LOW: meaning(1, 507, 'operator', true),
  DISK_ALARM: meaning(1, 507, 'operator', true),
  ALERT_SCRIPT_FAILED: meaning(1, 500, 'operator', true),
  AUDIT_NOT_WRITTEN: meaning(1, 500, 'operator', true),
  RECORD_DAMAGED: meaning(1, 500, 'operator'),
  RECORDS_NOT_DELIVERED: meaning(1, 500, 'operator', true),
  RECORDS_WAIT_FOR_HUB: meaning(1, 503, 'operator', true),
  COPIES_BEHIND: meaning(1, 503, 'operator', true),
  MIRROR_AWAY: meaning(1, 503, 'operator', true),
  MIRROR_CONFLICT: meaning(1, 409, 'operator'),
  MIRROR_FOLDER_EMPTIED: meaning(1, 409, 'operator'),
  RECORDS_OVERDUE: meaning(1, 503, 'operator', true),
  RECORDS_MISSING: meaning(1, 503, 'operator', true),
  PURGE_STOPPED: meaning(1, 409, 'operator'),
  UPLOAD_REFUSED: meaning(3, 422, 'peer'),
  PEER_LACKS_FILE: meaning(1, 404, 'peer'),
  PROXY_REFUSED: meaning(12, 502, 'operator'),
  PROTOCOL_MISMATCH: meaning(1, 426, 'peer'),
  LINK_CYCLE: meaning(10, 409, 'operator'),
  LINK_REQUEST_INVALID: meaning(1, 400, 'peer'),
  DIGEST_MISMATCH: meaning(1, 502, 'peer'),
  LENGTH_MISMATCH: meaning(1, 502, 'peer', true),

  CERTIFICATE_MISSING: meaning(12, 401, 'operator'),
  CERTIFICATE_STRANGE: meaning(12, 403, 'operator'),
  CERTIFICATE_EXPIRED: meaning(12, 403, 'operator'),
  CERTIFICATE_REVOKED: meaning(12, 403, 'operator'),
  CERTIFICATE_INVALID: meaning(10, 422, 'operator'),
  CLOCK_WRONG: meaning(1, 502, 'operator', true),
  NOT_JOINED: meaning(12, 403, 'operator'),
  JOIN_STRING_INVALID: meaning(2, 400, 'operator'),
  JOIN_PIN_MISMATCH: meaning(12, 403, 'operator'),
  JOIN_TOKEN_UNKNOWN: meaning(12, 403, 'operator'),
  JOIN_TOKEN_USED: meaning(12, 403, 'operator'),
  JOIN_TOKEN_EXPIRED: meaning(12, 403, 'operator'),
  JOIN_REQUEST_INVALID: meaning(12, 400, 'peer'),
  BRANCH_UNKNOWN: meaning(1, 404, 'operator'),

  RELEASE_ROLLED_BACK: meaning(1, 502, 'peer'),
  RELEASE_FROZEN: meaning(1, 502, 'peer', true),
  RELEASE_MIXED: meaning(1, 502, 'peer'),
  RELEASE_ENDLESS: meaning(1, 502, 'peer'),
  RELEASE_UNSIGNED: meaning(1, 502, 'peer'),
  RELEASE_STRANGE_KEY: meaning(1, 502, 'peer'),
  RELEASE_MALFORMED: meaning(1, 502, 'peer'),
  RELEASE_KEY_MISSING: meaning(1, 500, 'operator'),
  RELEASE_NAME_REUSED: meaning(1, 409, 'operator'),
  UPDATES_TOO_MANY: meaning(1, 507, 'operator'),
  UPDATE_NAME_TAKEN: meaning(1, 409, 'operator'),
  UPDATE_FROM_HUB: meaning(1, 409, 'operator'),
  DRAFTS_TOO_MANY: meaning(1, 507, 'operator'),
  ROLL_BACK_IMPOSSIBLE: meaning(1, 409, 'operator'),

  ARCHIVE_TOO_LARGE: meaning(1, 507, 'operator'),
  ARCHIVE_INCOMPLETE: meaning(3, 500, 'operator', true),

  ARCHIVE_UNREADABLE: meaning(3, 422, 'archive'),
  ARCHIVE_NAME_UNSAFE: meaning(3, 422, 'archive'),
  ARCHIVE_NAME_CLASH: meaning(3, 422, 'archive'),
  ARCHIVE_ENTRY_KIND: meaning(3, 422, 'archive'),
  ARCHIVE_ENCRYPTED: meaning(3, 422, 'archive'),
  ARCHIVE_METHOD_UNKNOWN: meaning(3, 422, 'archive'),
  ARCHIVE_SIZE_LIES: meaning(3, 422, 'archive'),
  ARCHIVE_CRC_WRONG: meaning(3, 422, 'archive'),
  ARCHIVE_HEADERS_DIFFER: meaning(3, 422, 'archive'),
  ARCHIVE_OVERLAP: meaning(3, 422, 'archive'),
  ARCHIVE_LIMIT: meaning(3, 422, 'archive'),
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof errorCodes;
