import type { Confinement } from '../model/confinement.ts';

/** What every QEMU reads: its libraries, firmware and keyboards, and what the C library and GnuTLS look at. */
const SYSTEM_TREES = ['/usr', '/lib', '/lib64', '/etc/gnutls', '/sys/devices/system', '/sys/kernel/mm', '/proc/self'];
const SYSTEM_FILES = [
  ...['/etc/ld.so.cache', '/etc/ld.so.preload', '/etc/localtime'],
  ...['/proc/filesystems', '/proc/cpuinfo', '/proc/meminfo'],
];
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'kvm', 'net/tun', 'vhost-net'].map(
  (name) => `/dev/${name}`,
);
/** The x86-64 ABI's own name of what loads the libraries: the kernel runs it with QEMU. */
const LOADER = '/lib64/ld-linux-x86-64.so.2';

/**
 * Restricts itself by landlock(7) and becomes the program: beside the files of its rules it reaches none, starts no other program, makes no
 * symbolic link, and, as far as the kernel's version of landlock goes, no TCP connection and no signal to other processes.
 * 444 to 446 are landlock_create_ruleset, _add_rule and _restrict_self, 157 is prctl of x86-64, and the bits are those of linux/landlock.h.
 * It runs as QEMU's user already: it can grant no more than that user has. A kernel without landlock goes on without it (`lodge doctor`
 * says so); one that has it and fails starts nothing.
 */
const RESTRICT = `
my $abi = syscall(444, 0, 0, 1);
my @rules = splice(@ARGV, 0, 2 * shift(@ARGV));
if ($abi > 0) {
  my $handled = 0x1fff | ($abi > 1 ? 1 << 13 : 0) | ($abi > 2 ? 1 << 14 : 0) | ($abi > 4 ? 1 << 15 : 0);
  my $ruleset = pack("QQQ", $handled, 3, 3);
  my $set = syscall(444, $ruleset, $abi > 5 ? 24 : $abi > 3 ? 16 : 8, 0);
  $set >= 0 or die "landlock_create_ruleset: $!\\n";
  my $write = 1 << 1 | 1 << 2 | 1 << 14;
  my %access = (run => 1 | 1 << 2, read => 1 << 2, pipe => 1 << 1, device => 1 << 1 | 1 << 2 | 1 << 15,
    tree => 1 << 2 | 1 << 3, write => $write | 1 << 3, sockets => 1 << 3 | 1 << 5 | 1 << 9);
  while (my ($kind, $path) = splice(@rules, 0, 2)) {
    sysopen(my $place, $path, 012000000) or next;
    next if (-d $place) != ($kind =~ /^(tree|write|sockets)$/);
    my $rule = pack("Ql", $access{$kind} & $handled, fileno($place));
    syscall(445, $set, 1, $rule, 0) == 0 or die "landlock_add_rule $path: $!\\n";
  }
  syscall(157, 38, 1, 0, 0, 0) == 0 or die "no_new_privs: $!\\n";
  syscall(446, $set, 0) == 0 or die "landlock_restrict_self: $!\\n";
}
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n";
`;

type Rule = [kind: 'run' | 'read' | 'pipe' | 'device' | 'tree' | 'write' | 'sockets', path: string];

/** Puts the confinement before a command of an absolute path, which its process becomes: the pid stays. */
export function confineCommand(confinement: Confinement, command: readonly string[]): string[] {
  const as = (kind: Rule[0], paths: readonly string[]) => paths.map((path): Rule => [kind, path]);
  const rules: Rule[] = [
    ...as('run', [...command.slice(0, 1), LOADER]),
    ...as('read', [...SYSTEM_FILES, ...confinement.readFiles]),
    ...as('pipe', confinement.writeFiles),
    ...as('device', DEVICES),
    ...as('tree', [...SYSTEM_TREES, ...confinement.readTrees]),
    ...as('write', confinement.writeTrees),
    ...as('sockets', confinement.socketTrees),
  ];
  return ['perl', '-e', RESTRICT, '--', String(rules.length), ...rules.flat(), ...command];
}
