/** What was found out of a part of the host, or why nothing was. */
export type Known<T> = { facts: T } | { reason: string };
