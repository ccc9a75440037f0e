import { LodgeError } from '../../base/errors.ts';

/** A moment in a step's life at which a test can break the daemon. */
export type StepMoment = 'begin' | 'end' | 'undo';
export type FaultPoint = (stepId: string, moment: StepMoment, subject: string) => void;

export const noFault: FaultPoint = () => {};

/**
 * Reads LODGE_FAULT, which only tests set: `kill:make-disk:end` kills the daemon with SIGKILL after the step's work
 * and before it is written down, `fail:make-disk:end` makes the step fail there, `fail:make-disk:end@web1` only in work on
 * web1; several stand with commas between. Wired in daemon/main.ts.
 */
export function parseFault(text: string | undefined, kill: () => void): FaultPoint {
  if (text === undefined || text === '') return noFault;
  const faults = text.split(',');
  return (stepId, moment, subject) => {
    const point = `:${stepId}:${moment}`;
    const fault = faults.find((one) => one.endsWith(point) || one.endsWith(`${point}@${subject}`));
    if (fault === undefined) return;
    if (fault.startsWith('kill:')) kill();
    throw new LodgeError('INTERNAL', `fault ${fault} was asked for`);
  };
}
