import type { CommandSpec, GroupSpec } from './command.ts';
import { CONSOLE_COMMANDS } from './table-consoles.ts';
import { GUEST_COMMANDS } from './table-guests.ts';
import { HOST_COMMANDS } from './table-host.ts';
import { IMAGE_COMMANDS } from './table-images.ts';
import { NETWORK_COMMANDS } from './table-network.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandSpec[] = [
  ...GUEST_COMMANDS,
  ...CONSOLE_COMMANDS,
  ...IMAGE_COMMANDS,
  ...NETWORK_COMMANDS,
  ...HOST_COMMANDS,
];

export const GROUPS: readonly GroupSpec[] = [
  { name: 'image', summary: 'images to copy guests from' },
  { name: 'net', summary: "the host's network" },
  { name: 'operation', summary: 'work under way and done' },
  { name: 'daemon', summary: 'the daemon as a service' },
];
