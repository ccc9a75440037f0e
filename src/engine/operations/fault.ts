import { LodgeError } from '../../base/errors.ts';

/** A moment in a step's life at which a test can break the daemon. */
export type StepMoment = 'begin' | 'end' | 'undo';
export type FaultPoint = (stepId: string, moment: StepMoment) => void;

export const noFault: FaultPoint = () => {};

/**
 * Reads LODGE_FAULT, which only tests set: `kill:make-disk:end` kills the daemon with SIGKILL after the step's work
 * and before it is written down, `fail:make-disk:end` makes the step fail there. Wired in daemon/main.ts.
 */
export function parseFault(text: string | undefined, kill: () => void): FaultPoint {
  if (text === undefined || text === '') return noFault;
  const [way, wantedStep, wantedMoment] = text.split(':');
  return (stepId, moment) => {
    if (stepId !== wantedStep || moment !== wantedMoment) return;
    if (way === 'kill') kill();
    throw new LodgeError('INTERNAL', `fault ${text} was asked for`);
  };
}
