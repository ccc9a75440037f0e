import { shellWord } from '../base/quoting/shell-word.ts';
import type { DoctorCheck } from '../model/doctor.ts';
import { type Ipv6State, whyNoIpv6 } from '../model/nat-families.ts';
import { fine, warned } from './doctor-check.ts';

export interface Ipv6Facts {
  state: Ipv6State;
  /** Links of IPv4 default routes whose disable_ipv6 is 1. */
  uplinksWithout: string[];
  /** update-grub is installed: the boot loader is GRUB as Debian sets it up. */
  hasGrub: boolean;
}

const WITH_GRUB = 'remove ipv6.disable=1 from GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub && reboot';
const FIX = {
  absent: "remove ipv6.disable=1 from the kernel's command line where the boot loader has it, then boot again",
  off: 'sysctl -w net.ipv6.conf.all.disable_ipv6=0, and take the line out of /etc/sysctl.conf or /etc/sysctl.d (grep -r disable_ipv6 /etc/sysctl*)',
  unguarded: "boot a kernel whose nftables know IPv6, as Debian's do",
} as const;

/** Whether guests get IPv6 here, in the words that `create` has for it. */
export function judgeIpv6({ state, uplinksWithout, hasGrub }: Ipv6Facts): DoctorCheck {
  const id = 'ipv6';
  if (state !== 'on') {
    const detail =
      'Guests that have an IPv6 address keep it, and use it again when IPv6 is back; one that is made now gets none, then neither.';
    return warned(
      id,
      `guests get IPv4 alone: ${whyNoIpv6(state)}`,
      detail,
      state === 'absent' && hasGrub ? WITH_GRUB : FIX[state],
    );
  }
  if (uplinksWithout.length === 0) return fine(id, 'guests get IPv6');
  const names = uplinksWithout.join(', ');
  return warned(
    id,
    `guests get IPv6 among themselves, and the internet over IPv4 alone: it is switched off on ${names}`,
    `net.ipv6.conf.${uplinksWithout[0]}.disable_ipv6 is 1.`,
    uplinksWithout.map((name) => `sysctl -w ${shellWord(`net/ipv6/conf/${name}/disable_ipv6=0`)}`).join(' && '),
  );
}
