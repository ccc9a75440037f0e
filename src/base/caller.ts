/** The user on whose behalf something is opened: numbers of the kernel, because not every user has a name. */
export interface Caller {
  uid: number;
  gid: number;
  /** Supplementary groups. */
  groups: readonly number[];
}

/** The daemon's own, for what nobody asked for. */
export const ROOT: Caller = { uid: 0, gid: 0, groups: [] };
