import { exec } from './exec.ts';

/** TIME_ERROR of adjtimex(2): the kernel's clock is not synchronised. States 0 to 4 are. */
const TIME_ERROR = 5;
/** The size of struct timex on x86_64; all zero means `modes = 0`: read only. */
const READ_CLOCK_STATE = 'my $timex = "\\0" x 208; print syscall(159, $timex)';

/**
 * Asks the kernel whether something keeps its clock (adjtimex, system call 159 on x86_64): the same answer for
 * timesyncd, chrony and ntpd, without systemd. perl-base is essential on Debian. null when it cannot be asked.
 */
export async function isClockSynchronised(): Promise<boolean | null> {
  try {
    const { stdout } = await exec('perl', ['-e', READ_CLOCK_STATE], { timeoutMs: 5000 });
    const state = Number(stdout);
    return stdout === '' || state < 0 ? null : state !== TIME_ERROR;
  } catch {
    return null;
  }
}
