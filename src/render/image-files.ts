import { renderFstab, renderGrubConfig } from './image-boot.ts';
import { GROW_RULE, GROW_SCRIPT, GROW_UNIT } from './image-grow.ts';
import { IDENTITY_SCRIPT, IDENTITY_UNIT, SSH_UNIT, SSHD_CONFIG } from './image-identity.ts';
import { INITRAMFS_FILES } from './image-initramfs.ts';
import { DPKG_CONFIG } from './image-packages.ts';

/** A file or a symbolic link of the image; the path begins with `/`. Owner is root. */
export type ImageFile = { path: string; mode: number; content: string } | { path: string; linkTo: string };

/**
 * Generators that have nothing to do in these guests (no swap to resume from, no TPM, no verity) and that every boot
 * would wait for. The getty generator is replaced by one link.
 */
const MASKED_GENERATORS = [
  'systemd-bless-boot-generator',
  'systemd-getty-generator',
  'systemd-gpt-auto-generator',
  'systemd-hibernate-resume-generator',
  'systemd-integritysetup-generator',
  'systemd-ssh-generator',
  'systemd-tpm2-generator',
  'systemd-veritysetup-generator',
];

/**
 * Units of the early boot that nobody needs before he can log in: they wait for the identity, and then share the one
 * emulated processor with sshd, which has the greater weight. Not after ssh.service itself: whatever an owner's
 * drop-in or a new Debian package put before that unit would then close a ring, and systemd opens rings by leaving
 * units out.
 */
const AFTER_IDENTITY = [
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'kmod-static-nodes.service',
  'modprobe@.service',
  'systemd-modules-load.service',
  'systemd-random-seed.service',
  'systemd-sysctl.service',
  'systemd-sysusers.service',
  'systemd-tmpfiles-setup-dev.service',
  'systemd-tmpfiles-setup-dev-early.service',
  'systemd-udev-load-credentials.service',
  'systemd-udev-trigger.service',
  'systemd-udevd.service',
  'systemd-journal-flush.service',
];

/** The partition grows by a script that runs on Debian 12 too, and the identity sees to the host key before sshd. */
const MASKED_UNITS = ['systemd-repart.service', 'sshd-keygen.service'];

/** QEMU's watchdog ends a guest whose PID 1 has hung this long: systemd-system.conf(5). Half of it is the interval. */
const WATCHDOG_CONFIG = '[Manager]\nRuntimeWatchdogSec=2min\n';

/** Hardware that QEMU's machines have and no guest uses. Each costs its probing; modprobe by hand still loads it. */
const UNLOADED = ['floppy', 'parport_pc', 'ppdev', 'lp', 'pcspkr', 'i2c_piix4', 'serio_raw', 'cfg80211'];

/**
 * udev comes late in these guests, and on a busy host later than the 90 s after which systemd gives a device up: the
 * serial console would have no login for that whole boot.
 */
const CONSOLE_WAITS = '[Unit]\nJobRunningTimeoutSec=infinity\n';

/**
 * Who logs in while the rest still boots asks hostnamectl and is not told that there is no bus: the socket is there before
 * sshd, and costs no process. Whoever connects waits until the bus itself comes.
 */
const EARLY_BUS = `[Unit]
DefaultDependencies=no
Before=sockets.target ssh.service shutdown.target
Conflicts=shutdown.target
`;

/**
 * The agent has nothing to save, and one that was asked to end before it had begun was seen to hang: systemd would hold the
 * whole shutdown up for 90 s.
 */
const AGENT_ENDS = '[Service]\nTimeoutStopSec=5s\n';

/** Used only where the host gave no network: an image that is booted by hand. */
const FALLBACK_NETWORK = '[Match]\nType=ether\n\n[Network]\nDHCP=yes\n';

/** 127.0.1.1 carries the guest's own name: the identity script writes it into this line. */
const HOSTS = `127.0.0.1 localhost
127.0.1.1 debian
::1 localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
`;

/**
 * What Lodge puts into an image before Debian's packages come: they find their configuration there, so that the
 * initial RAM disk is made once. Paths avoid the packages' own configuration files.
 */
export function renderImageFiles(rootUuid: string): ImageFile[] {
  const system = '/etc/systemd/system';
  const file = (path: string, content: string, mode = 0o644): ImageFile => ({ path, mode, content });
  return [
    file('/usr/local/lib/lodge/identity', IDENTITY_SCRIPT, 0o755),
    file('/usr/local/lib/lodge/grow-root', GROW_SCRIPT, 0o755),
    file(`${system}/lodge-identity.service`, IDENTITY_UNIT),
    file(`${system}/lodge-grow-root.service`, GROW_UNIT),
    file('/etc/udev/rules.d/90-lodge-grow-root.rules', GROW_RULE),
    file(`${system}/ssh.service`, SSH_UNIT),
    file('/etc/ssh/sshd_config.d/10-lodge.conf', SSHD_CONFIG),
    file('/etc/systemd/system.conf.d/10-lodge.conf', WATCHDOG_CONFIG),
    file('/etc/dpkg/dpkg.cfg.d/10-lodge', DPKG_CONFIG),
    file(`${system}/dbus.socket.d/10-lodge.conf`, EARLY_BUS),
    file(`${system}/dev-ttyS0.device.d/10-lodge.conf`, CONSOLE_WAITS),
    file(`${system}/qemu-guest-agent.service.d/10-lodge.conf`, AGENT_ENDS),
    file('/etc/systemd/network/90-dhcp.network', FALLBACK_NETWORK),
    file('/etc/modprobe.d/lodge.conf', UNLOADED.map((module) => `blacklist ${module}\n`).join('')),
    file('/etc/hosts', HOSTS),
    file('/etc/fstab', renderFstab(rootUuid)),
    file('/boot/grub/grub.cfg', renderGrubConfig(rootUuid)),
    ...INITRAMFS_FILES,
    { path: `${system}/sysinit.target.wants/lodge-identity.service`, linkTo: '../lodge-identity.service' },
    { path: `${system}/sysinit.target.wants/ssh.service`, linkTo: '../ssh.service' },
    { path: `${system}/sysinit.target.wants/dbus.socket`, linkTo: '/lib/systemd/system/dbus.socket' },
    { path: `${system}/multi-user.target.wants/lodge-grow-root.service`, linkTo: '../lodge-grow-root.service' },
    {
      path: `${system}/multi-user.target.wants/systemd-networkd.service`,
      linkTo: '/lib/systemd/system/systemd-networkd.service',
    },
    {
      path: `${system}/getty.target.wants/serial-getty@ttyS0.service`,
      linkTo: '/lib/systemd/system/serial-getty@.service',
    },
    ...AFTER_IDENTITY.map((unit) =>
      file(`${system}/${unit}.d/10-lodge.conf`, '[Unit]\nAfter=lodge-identity.service\n'),
    ),
    // sshd answers before the boot has ended: root may log in then, and would be greeted with "System is booting up".
    { path: '/etc/tmpfiles.d/systemd-nologin.conf', linkTo: '/dev/null' },
    ...MASKED_UNITS.map((unit) => ({ path: `${system}/${unit}`, linkTo: '/dev/null' })),
    ...MASKED_GENERATORS.map((name) => ({ path: `/etc/systemd/system-generators/${name}`, linkTo: '/dev/null' })),
  ];
}
