/**
 * Numbers of users and groups that are Lodge's own and have no name: 1,879,048,192 to 2,147,352,575, which neither Debian's policy nor
 * systemd (its UIDS-GIDS.md), nor the ranges of containers use. Nobody else's files and processes have them.
 */
const FIRST_ID = 1_879_048_192;

/** Of qemu-img while it reads what strangers have made. */
export const IMAGE_TOOL_ID = FIRST_ID + 65_535;
