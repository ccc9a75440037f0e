import type { Operation } from './operation.ts';

/** An operation as the store keeps it: with the input from which a restarted daemon goes on. */
export interface OperationRecord extends Operation {
  /** JSON of the operation's own kind, e.g. the image it builds. */
  input: unknown;
}
