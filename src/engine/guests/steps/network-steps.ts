import type { StepRunner } from '../../operations/step.ts';
import { type GuestDeps, guestOf } from '../guest-deps.ts';

export function makeTap(deps: GuestDeps): StepRunner {
  return {
    run: async ({ operation }) => {
      const record = guestOf(deps, operation);
      await deps.network.attach(record.spec.nic, await deps.machine.guestUser(record));
    },
    undo: ({ operation }) => deps.network.detach(guestOf(deps, operation).spec.nic),
  };
}

export function removeTap(deps: GuestDeps): StepRunner {
  return { run: ({ operation }) => deps.network.detach(guestOf(deps, operation).spec.nic) };
}

/** Its undo is in `settleGuest`: rules follow the phases in the store, and the phase changes last. */
export function openNetwork(deps: GuestDeps): StepRunner {
  return { run: () => deps.network.refresh() };
}

export function closeNetwork(deps: GuestDeps): StepRunner {
  return { run: () => deps.network.refresh() };
}
