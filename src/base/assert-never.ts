/** Ends a `switch` over a union: the compiler complains when a member is forgotten. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
