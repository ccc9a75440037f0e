/**
 * What the units of Lodge may not (systemd.exec(5)): `docs/decisions/0023-what-each-process-may.md` has the reason of each line that
 * `systemd-analyze security` misses. No line here makes a mount namespace: root with CAP_SYS_ADMIN undoes what it hides, and the
 * network namespaces that the daemon names would be named for it alone.
 */
const NO_PROGRAM_OF_OURS_DOES = [
  'NoNewPrivileges=yes',
  'SystemCallArchitectures=native',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
];
const NEVER = ['@cpu-emulation', '@debug', '@module', '@obsolete', '@raw-io', '@reboot', '@swap'];

/**
 * The daemon, with the name service, apt and the builds of images that it starts. They keep the capabilities of files, users, networks,
 * mounts and devices' nodes. `char-misc` is /dev/kvm, /dev/net/tun and /dev/vhost-net, which may come after the daemon; nodes of devices
 * (`m`) are made in images.
 */
export const DAEMON_LIMITS: readonly string[] = [
  ...NO_PROGRAM_OF_OURS_DOES,
  `CapabilityBoundingSet=~${[
    ...[
      'SYS_MODULE',
      'SYS_RAWIO',
      'SYS_TIME',
      'SYS_BOOT',
      'SYS_PACCT',
      'SYS_TTY_CONFIG',
      'WAKE_ALARM',
      'BLOCK_SUSPEND',
    ],
    ...[
      'LINUX_IMMUTABLE',
      'LEASE',
      'IPC_LOCK',
      'IPC_OWNER',
      'MAC_ADMIN',
      'MAC_OVERRIDE',
      'NET_BROADCAST',
      'BPF',
      'PERFMON',
    ],
    ...['CHECKPOINT_RESTORE', 'AUDIT_CONTROL', 'AUDIT_READ', 'AUDIT_WRITE'],
  ]
    .map((name) => `CAP_${name}`)
    .join(' ')}`,
  `SystemCallFilter=~${NEVER.join(' ')}`,
  'SystemCallErrorNumber=EPERM',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET',
  'RestrictNamespaces=mnt net ipc pid uts',
  'DevicePolicy=closed',
  'DeviceAllow=char-misc rw',
  'DeviceAllow=char-* m',
  'DeviceAllow=block-* m',
];

/** One guest's QEMU. The two capabilities are setpriv's, which becomes QEMU's user by them; it has none afterwards. */
export const GUEST_LIMITS: readonly string[] = [
  ...NO_PROGRAM_OF_OURS_DOES,
  'CapabilityBoundingSet=CAP_SETUID CAP_SETGID',
  `SystemCallFilter=~${[...NEVER, '@clock', '@mount'].join(' ')}`,
  'SystemCallErrorNumber=EPERM',
  'RestrictAddressFamilies=AF_UNIX',
  'RestrictNamespaces=yes',
  'RestrictSUIDSGID=yes',
  'DevicePolicy=closed',
  'DeviceAllow=char-misc rw',
  'UMask=0077',
];

/**
 * The host's network at boot: programs that speak netlink, settings below /proc/sys, and files of the network that are written. Before
 * the network is there, hence no PrivateTmp=, which waits for more than local file systems.
 */
export const NETWORK_LIMITS: readonly string[] = [
  ...NO_PROGRAM_OF_OURS_DOES,
  'CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_SYS_RESOURCE',
  `SystemCallFilter=~${[...NEVER, '@clock', '@mount'].join(' ')}`,
  'SystemCallErrorNumber=EPERM',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'RestrictNamespaces=yes',
  'RestrictSUIDSGID=yes',
  'PrivateDevices=yes',
  'ProtectSystem=yes',
  'ProtectHome=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
];
