/**
 * The files one QEMU may reach besides what every QEMU needs of the system (`qemu/confine.ts`): the kernel refuses it all others, whatever
 * its user may. Absolute paths; what is not there is left out.
 */
export interface Confinement {
  /** Files it reads; a directory of that name gives nothing. */
  readFiles: readonly string[];
  /** Files and pipes it writes and does not read. */
  writeFiles: readonly string[];
  /** Directories with everything below them. */
  readTrees: readonly string[];
  /** Directories whose files it reads and writes, but where it makes none. */
  writeTrees: readonly string[];
  /** Directories in which it makes and removes sockets, and has no file. */
  socketTrees: readonly string[];
}
