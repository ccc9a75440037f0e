/** A step as a planner returns it: everything is decided in it, nothing is done. */
export interface PlannedStep<Id extends string = string> {
  id: Id;
  /** What is done, in the infinitive. */
  title: string;
  /** Why the step is there. */
  why: string;
}
