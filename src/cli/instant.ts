/** A point in time for people, UTC, to the second: `2026-11-23 15:04:05 UTC`. */
export function formatInstant(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
