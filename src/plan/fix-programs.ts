import type { DoctorCheck } from '../model/doctor.ts';

/** Programs that a fix may name and that a small Debian does without: the package that each comes with. */
const PACKAGE_OF: Record<string, string> = {
  apparmor_parser: 'apparmor',
  modprobe: 'kmod',
  mount: 'mount',
  nft: 'nftables',
  sysctl: 'procps',
};

export const PROGRAMS_TO_LOOK_FOR: readonly string[] = Object.keys(PACKAGE_OF);

/** A fix says how its programs are installed where they are not: first, so that the line works as it stands. */
export function withPrograms(check: DoctorCheck, installed: readonly string[]): DoctorCheck {
  const { fix } = check;
  if (fix === null) return check;
  const missing = PROGRAMS_TO_LOOK_FOR.filter((name) => !installed.includes(name) && isCalledIn(fix, name));
  if (missing.length === 0) return check;
  const packages = missing.map((name) => PACKAGE_OF[name]).join(' ');
  return { ...check, fix: `apt-get install ${packages} && ${fix}` };
}

/** At the beginning of a command, not in a path or a word: `/etc/fstab`, `remount`. */
function isCalledIn(fix: string, program: string): boolean {
  return new RegExp(`(^|\\n|&& |; |\\| |then )${program} `).test(fix);
}
