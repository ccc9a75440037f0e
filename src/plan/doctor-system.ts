import type { DoctorCheck } from '../model/doctor.ts';
import { fine, warned } from './doctor-check.ts';

export interface ClockFacts {
  /** null: the kernel could not be asked. */
  synchronised: boolean | null;
  /** timedatectl talks to systemd: without it there is nobody to answer. */
  systemd: boolean;
}

export function judgeClock({ synchronised, systemd }: ClockFacts): DoctorCheck {
  if (synchronised === null) {
    const why = 'adjtimex(2) gave no answer.';
    return warned('clock', 'cannot tell whether the clock is synchronised', why, systemd ? 'timedatectl' : null);
  }
  if (synchronised) return fine('clock', 'the clock is synchronised');
  const detail =
    'adjtimex(2) reports an unsynchronised clock. Guests take their time from the host; certificates and logs suffer.';
  const fix = systemd
    ? 'apt-get install systemd-timesyncd && timedatectl set-ntp true'
    : 'apt-get install chrony && service chrony start';
  return warned('clock', 'nothing keeps the clock', detail, fix);
}

export interface AppArmorFacts {
  enabled: boolean;
  profiles: { name: string; mode: string }[] | null;
}

/** Profiles that would confine a program of ours: Debian's own are for libvirt's children and touch nothing of Lodge. */
const OURS = /^(\/usr\/bin\/)?qemu-system-x86(_64)?$|^(\/usr\/sbin\/)?dnsmasq$/;

export function judgeAppArmor(facts: AppArmorFacts): DoctorCheck {
  const id = 'apparmor';
  if (!facts.enabled) return fine(id, 'AppArmor is off');
  if (facts.profiles === null)
    return warned(id, 'AppArmor is on and its profiles cannot be read', '', 'run lodge doctor as root');
  const confining = facts.profiles.filter(({ name, mode }) => mode === 'enforce' && OURS.test(name));
  if (confining.length === 0) return fine(id, 'AppArmor is on and confines no program of ours');
  const names = confining.map(({ name }) => name);
  const fixes = names.map((name) => {
    const file = name.startsWith('/') ? name.slice(1).replaceAll('/', '.') : name;
    return `printf '%s\\n' '/run/lodge/** rwk,' '/var/lib/lodge/** rwk,' >> /etc/apparmor.d/local/${file} && apparmor_parser -r /etc/apparmor.d/${file}`;
  });
  return warned(
    id,
    `AppArmor confines ${names.join(' and ')}`,
    'They may be refused the files under /run/lodge and /var/lib/lodge.',
    fixes.join(' && '),
  );
}

/** @param version of landlock, 0 for none */
export function judgeConfinement(version: number): DoctorCheck {
  const id = 'confinement';
  const without = [
    ...(version < 4 ? ['TCP connections'] : []),
    ...(version < 6 ? ['signals to processes of its own user'] : []),
  ];
  if (version > 0) {
    const left = without.length === 0 ? '' : `: not from ${without.join(' or ')}, which a newer kernel can`;
    return fine(id, `landlock keeps each QEMU from files that are not its own${left}`);
  }
  return warned(
    id,
    'this kernel does not confine QEMU: it has no landlock, or has it switched off',
    'A QEMU that a guest has broken out of reads every file that all users may read. It is still a user of its own.',
    'boot the Debian kernel (an lsm= on its command line must not leave landlock out)',
  );
}

export function judgeSystemd(running: boolean): DoctorCheck {
  if (running) return fine('systemd', 'systemd runs: guests are units of their own with limits');
  const detail =
    'Guests run as daemonized processes without cgroup limits, and nothing starts them after a reboot but the first lodge command.';
  return warned('systemd', 'systemd is not running', detail, null);
}
