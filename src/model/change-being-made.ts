import { isOperationOver, type Operation } from './operation.ts';

/** Whether the operation is a change of the host's network whose owner is not asked yet: it is made, probed, or taken back already. */
export function isChangeBeingMade({ kind, state, steps }: Operation): boolean {
  const asked = steps.find(({ id }) => id === 'await-confirmation');
  return kind === 'network.apply' && !isOperationOver(state) && asked?.state === 'pending';
}
