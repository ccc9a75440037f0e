import type { ErrorBody } from '../base/errors.ts';

/** undoing: it failed or was cancelled and takes its effects back. */
export type OperationState = 'queued' | 'running' | 'undoing' | 'done' | 'failed' | 'cancelled';

/** cancelled: broken off because somebody ended the operation. kept: of what is taken back, it leaves what others may use. */
export type StepState = 'pending' | 'running' | 'done' | 'failed' | 'cancelled' | 'undone' | 'kept';

/** One line of a plan as the user sees it, in `--dry-run` and in the progress. */
export interface OperationStep {
  /** Stable identifier, e.g. `make-disk`: the kill tests walk the list of them. */
  id: string;
  /** What is done, in the infinitive: `make the disk, 10GiB over debian-12`. */
  title: string;
  /** Why the step is there. */
  why: string;
  state: StepState;
  startedAtMs: number | null;
  endedAtMs: number | null;
  /** Free text that changes while the step runs: `unpacked 143 of 210 packages`. */
  detail: string | null;
  /** What went otherwise than was wished, in a step that is done all the same: `it did not shut down in 90 s and was ended`. */
  warning?: string;
}

export type OperationKind =
  | 'setup'
  | 'guest.create'
  | 'guest.start'
  | 'guest.stop'
  | 'guest.restart'
  | 'guest.kill'
  | 'guest.rm'
  | 'image.build'
  | 'image.import'
  | 'network.prove'
  | 'network.apply';

export interface Operation {
  id: string;
  kind: OperationKind;
  /** The guest's or image's name. */
  subject: string;
  state: OperationState;
  steps: OperationStep[];
  error: ErrorBody | null;
  createdAtMs: number;
  endedAtMs: number | null;
}

/** `guest.create, web1 -> create web1`; `image.build, debian-12 -> build image debian-12`; `network.apply, 3 -> apply plan 3` */
export function operationTitle({ kind, subject }: Pick<Operation, 'kind' | 'subject'>): string {
  const [noun, verb] = kind.split('.');
  if (verb === undefined) return kind;
  if (noun === 'guest') return `${verb} ${subject}`;
  return `${verb} ${noun === 'network' ? 'plan' : noun} ${subject}`;
}

export function isOperationOver(state: OperationState): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}
