import { cpus, totalmem } from 'node:os';
import { LodgeError } from '../base/errors.ts';
import { MIB } from '../base/size.ts';
import { readIfPresent } from '../host/files.ts';
import { isMappedId } from '../host/id-map.ts';
import { groupsOf, lookupUser, QEMU_USER } from '../host/users.ts';
import type { AcceleratorReport } from '../model/doctor.ts';
import type { Accelerator, GuestSpec } from '../model/guest.ts';
import type { GuestRecord } from '../model/guest-record.ts';
import type { Layout } from '../model/layout.ts';
import type { QemuAbilities } from '../model/qemu-abilities.ts';
import { guestId, logWriterId, MOST_USER_INDEXES } from '../model/unix-ids.ts';
import { observeQemu } from '../qemu/abilities.ts';
import type { ProcessUser } from '../qemu/launch.ts';
import type { LogWriter } from '../qemu/log-writer.ts';
import { probeAccelerators } from '../qemu/probe/run.ts';

/** What is asked of the host again and again, observed once. */
export class HostMachine {
  readonly memoryMiB = Math.floor(totalmem() / MIB);
  readonly cpuCount = cpus().length;
  readonly #layout: Layout;
  #abilities: Promise<QemuAbilities> | null = null;
  #accelerators: Promise<AcceleratorReport> | null = null;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** What the installed QEMU can do. @throws PACKAGES_MISSING */
  abilities(): Promise<QemuAbilities> {
    this.#abilities ??= observeQemu().catch((error: unknown) => {
      this.#abilities = null;
      throw error;
    });
    return this.#abilities;
  }

  /** After packages have changed: the binary may be another one. */
  forgetQemu(): void {
    this.#abilities = null;
    this.#accelerators = null;
  }

  /** @throws PACKAGES_MISSING when set-up has not made the user yet. */
  async qemuOwner(): Promise<{ uid: number; gid: number }> {
    const user = await lookupUser(QEMU_USER);
    if (user !== null) return { uid: user.uid, gid: user.gid };
    throw new LodgeError('PACKAGES_MISSING', `there is no user ${QEMU_USER}`, { hint: 'lodge setup' });
  }

  /**
   * Whom the guest's QEMU runs as: a user that is no other guest's. Images are open to QEMU's group, `/dev/kvm` to its other one. In a
   * user namespace without such numbers it is QEMU's account, as for every guest before.
   *
   * @throws PACKAGES_MISSING
   */
  async guestUser({ userIndex }: Pick<GuestRecord, 'userIndex'>): Promise<ProcessUser> {
    const account = await this.qemuOwner();
    const groups = groupsOf(QEMU_USER);
    const id = guestId(this.#layout.root, userIndex);
    const hasOwn = userIndex > 0 && userIndex <= MOST_USER_INDEXES && isMappedId(id);
    return hasOwn ? { uid: id, gid: id, groups } : { ...account, groups };
  }

  /** Whose the writers of guests' logs are. @throws PACKAGES_MISSING */
  async logWriter(): Promise<LogWriter> {
    const id = logWriterId(this.#layout.root);
    return isMappedId(id) ? { uid: id, gid: id } : this.qemuOwner();
  }

  /** Whose process the guest's QEMU may be: one that an older Lodge started is still of QEMU's account. */
  guestUids(record: Pick<GuestRecord, 'userIndex'>): number[] {
    const account = lookupUser(QEMU_USER);
    const own = guestId(this.#layout.root, record.userIndex);
    return account === null ? [own] : [own, account.uid];
  }

  /** Boots the probe under each accelerator, or reads what this boot of the host has already shown. */
  accelerators(refresh = false): Promise<AcceleratorReport> {
    if (refresh) this.#accelerators = null;
    this.#accelerators ??= this.#probe(refresh).catch((error: unknown) => {
      this.#accelerators = null;
      throw error;
    });
    return this.#accelerators;
  }

  /** @throws QEMU_FAILED when no accelerator works. */
  async acceleratorFor(spec: GuestSpec): Promise<Accelerator> {
    if (spec.accel !== 'auto') return spec.accel;
    const report = await this.accelerators();
    if (report.chosen !== null) return report.chosen;
    throw new LodgeError('QEMU_FAILED', `no accelerator works on this host: ${report.reason}`, {
      hint: 'lodge doctor',
    });
  }

  async bootId(): Promise<string> {
    return ((await readIfPresent('/proc/sys/kernel/random/boot_id')) ?? 'unknown').trim();
  }

  async #probe(refresh: boolean): Promise<AcceleratorReport> {
    return probeAccelerators({
      abilities: await this.abilities(),
      workDir: this.#layout.runDir,
      cacheFile: `${this.#layout.runDir}/accelerators.json`,
      user: await this.qemuOwner(),
      refresh,
    });
  }
}
