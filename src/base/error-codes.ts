/** Exit codes of the command line: the contract of `lodge --help`. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  daemonUnreachable: 5,
  interrupted: 130,
} as const;

type Kind = { exit: number; httpStatus: number };

const failed: Kind = { exit: EXIT.failed, httpStatus: 500 };
const usage: Kind = { exit: EXIT.usage, httpStatus: 400 };
const notFound: Kind = { exit: EXIT.notFound, httpStatus: 404 };
const refused: Kind = { exit: EXIT.refused, httpStatus: 409 };
const invalid: Kind = { exit: EXIT.refused, httpStatus: 422 };

/**
 * Every code an error of Lodge can carry. Each has a heading in docs/errors.md: a test compares the two.
 */
export const ERROR_CODES = {
  USAGE: usage,
  REQUEST_TOO_LARGE: { exit: EXIT.usage, httpStatus: 413 },
  REQUEST_UNFINISHED: { exit: EXIT.usage, httpStatus: 408 },
  TOO_BUSY: { exit: EXIT.refused, httpStatus: 429 },
  VALIDATION_FAILED: invalid,
  TOO_COSTLY: invalid,
  GUEST_NOT_FOUND: notFound,
  IMAGE_NOT_FOUND: notFound,
  OPERATION_NOT_FOUND: notFound,
  ROUTE_NOT_FOUND: notFound,
  FILE_NOT_FOUND: notFound,
  ROOT_NOT_FOUND: notFound,
  GUEST_EXISTS: refused,
  IMAGE_EXISTS: refused,
  IMAGE_SAME: refused,
  IMAGE_IN_USE: refused,
  STATE_REFUSED: refused,
  GUEST_BUSY: refused,
  PORT_TAKEN: refused,
  DISK_SHRINK_REFUSED: refused,
  CONFIRMATION_NEEDED: refused,
  ROOT_UNUSABLE: refused,
  PERMISSION_DENIED: refused,
  ADDRESSES_EXHAUSTED: refused,
  GENERATION_CONFLICT: refused,
  HOST_CONFIG_MISSING: notFound,
  PLAN_NOT_FOUND: notFound,
  PLAN_REFUSED: refused,
  PLAN_STALE: refused,
  PLAN_UNPROVEN: refused,
  TRANSACTION_OPEN: refused,
  CONFIRM_REFUSED: refused,
  NETWORK_REVERTED: failed,
  NOT_AN_IMAGE: invalid,
  CHECKSUM_MISMATCH: invalid,
  DISK_FULL: failed,
  MEMORY_SHORT: failed,
  PACKAGES_MISSING: failed,
  COMMAND_FAILED: failed,
  COMMAND_MISSING: failed,
  DISPLAY_MISSING: refused,
  QEMU_FAILED: failed,
  QEMU_DIED: failed,
  QMP_FAILED: failed,
  QMP_CLOSED: failed,
  TIMED_OUT: failed,
  GUEST_UNREACHABLE: failed,
  AGENT_UNAVAILABLE: failed,
  AGENT_REFUSED: failed,
  IMAGE_BUILD_FAILED: failed,
  DOWNLOAD_FAILED: failed,
  NETWORK_FAILED: failed,
  UNDO_FAILED: failed,
  CANCELLED: { exit: EXIT.interrupted, httpStatus: 409 },
  INTERRUPTED: { exit: EXIT.interrupted, httpStatus: 409 },
  DAEMON_UNREACHABLE: { exit: EXIT.daemonUnreachable, httpStatus: 503 },
  STORE_FAILED: failed,
  INTERNAL: failed,
} as const satisfies Record<string, Kind>;

export type ErrorCode = keyof typeof ERROR_CODES;
