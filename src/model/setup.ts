import type { Problem } from '../base/errors.ts';

/** What `lodge setup` would do. */
export interface SetupPlan {
  /** Debian packages that are not installed. */
  missingPackages: string[];
  /** Everything that setup would do, in words; empty when all is there. */
  actions: string[];
  /** A newer QEMU that backports offers, or null. */
  backportsQemu: string | null;
  /** Why it cannot be done here: no room for the packages. */
  problems: Problem[];
}
