import type { CommandSpec } from './command.ts';

/** `lodge net …`: the host's network, from reading it to changing it with a way back. */
export const NETWORK_COMMANDS: readonly CommandSpec[] = [];
