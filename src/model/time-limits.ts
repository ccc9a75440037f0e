/** How long a guest may take to shut down before it is killed. */
export const STOP_TIMEOUT_MS = { min: 0, max: 3_600_000 } as const;

/** How long a change of the network waits for its confirmation. */
export const CONFIRM_WITHIN_MS = { min: 5000, max: 3_600_000 } as const;
