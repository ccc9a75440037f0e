import { fnv1aHex } from '../base/fnv1a.ts';

/**
 * Numbers of users and groups that are Lodge's own and have no name: 1,879,048,192 to 2,147,352,575, which neither Debian's policy nor
 * systemd (its UIDS-GIDS.md), nor the ranges of containers use. Nobody else's files and processes have them.
 */
const FIRST_ID = 1_879_048_192;
const IDS_OF_AN_INSTANCE = 65_536;
const INSTANCES = 4094;

/** Of qemu-img while it reads what strangers have made: the last number of the first instance, which no guest has. */
export const IMAGE_TOOL_ID = FIRST_ID + IDS_OF_AN_INSTANCE - 1;

/** The most guests that have a user of their own. */
export const MOST_USER_INDEXES = IDS_OF_AN_INSTANCE - 2;

/** Whom a guest's QEMU runs as: user and group of the same number, of that guest alone. `index` is from 1. */
export function guestId(root: string, index: number): number {
  const instance = Number.parseInt(fnv1aHex(root), 16) % INSTANCES;
  return FIRST_ID + instance * IDS_OF_AN_INSTANCE + index;
}

/** Whose the writers of guests' logs are (`qemu/log-writer.ts`), of all guests of an instance: the number before its first guest's. */
export function logWriterId(root: string): number {
  return guestId(root, 0);
}

/** Whether a user or group is some guest's. */
export function isGuestId(id: number): boolean {
  const isOurs = id >= FIRST_ID && id < FIRST_ID + INSTANCES * IDS_OF_AN_INSTANCE;
  return isOurs && id !== IMAGE_TOOL_ID && (id - FIRST_ID) % IDS_OF_AN_INSTANCE !== 0;
}
