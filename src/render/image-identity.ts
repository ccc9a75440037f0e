/**
 * The one script of the image. It stands before sshd in every boot, and under emulation a process costs 50 ms: it
 * reads and writes files with what sh has built in. A value is applied when the host's word differs from the host's
 * last word, so that what the owner of the guest edits in between stays. Without credentials (an image booted by
 * hand) only a host key is made.
 */
export const IDENTITY_SCRIPT = `#!/bin/sh
# Applies the identity that the host gave as system credentials (systemd.exec(5)): see lodge-identity.service.
credentials=/run/credentials/@system
seen=/var/lib/lodge-identity
key=/etc/ssh/ssh_host_ed25519_key
umask 022
mkdir -p $seen /run/lodge-identity /run/systemd/network

# load FILE: its lines into $text; false when there is no such file
load() {
  text=
  [ -f "$1" ] || return 1
  while IFS= read -r line || [ -n "$line" ]; do
    text="$text$line
"
  done < "$1"
}

# fresh NAME: the credential is there and is not what it was at the last boot; its lines are in $text
fresh() {
  load "$seen/$1"
  old=$text
  load "$credentials/$1" && [ "$text" != "$old" ]
}

# forget_ipv6 SETTINGS: the card takes no router advertisement from here on, and has nothing of one that came before: its address
# would be the very one that is to be set. Switching the family off takes addresses and routes away, with no program started.
# Says in $ipv6 whether the owner of the guest has it on.
forget_ipv6() {
  ipv6=
  [ -d "$1" ] || return 0
  echo 0 > "$1/accept_ra"
  echo 0 > "$1/autoconf"
  read -r off < "$1/disable_ipv6"
  [ "$off" = 0 ] || return 0
  ipv6=on
  echo 1 > "$1/disable_ipv6"
  echo 0 > "$1/disable_ipv6"
}

if fresh lodge.hostname; then
  name=\${text%%[!a-z0-9-]*}
  hosts=
  while IFS= read -r line; do
    case $line in 127.0.1.1[[:space:]]*) line="127.0.1.1 $name" ;; esac
    hosts="$hosts$line
"
  done < /etc/hosts
  printf %s "$hosts" > /etc/hosts
  printf %s "$text" > /etc/hostname
  printf %s "$text" > $seen/lodge.hostname
fi
read -r name < /etc/hostname && echo "$name" > /proc/sys/kernel/hostname

if fresh lodge.resolv; then
  [ -L /etc/resolv.conf ] || printf %s "$text" > /etc/resolv.conf
  printf %s "$text" > $seen/lodge.resolv
fi

# The public key stands for both: it is remembered last, so that a power cut in between repeats the whole.
if fresh lodge.ssh_host_ed25519_key.pub || { [ -n "$text" ] && [ ! -s $key ]; }; then
  public=$text
  load $credentials/lodge.ssh_host_ed25519_key
  (umask 077 && printf %s "$text" > $key)
  printf %s "$public" > $key.pub
  printf %s "$public" > $seen/lodge.ssh_host_ed25519_key.pub
fi
[ -s $key ] || { rm -f $key && ssh-keygen -q -t ed25519 -N '' -f $key; }

# Keys of the host's owner live for one boot: taken from the guest at the host, they are gone at the next.
load $credentials/lodge.authorized_keys && printf %s "$text" > /run/lodge-identity/authorized_keys

# networkd gets its file for good; the addresses are set at once as well, so that sshd need not wait for it.
if load $credentials/lodge.network; then
  printf %s "$text" > /run/systemd/network/10-lodge.network
  read -r mac < $credentials/lodge.mac
  for link in /sys/class/net/*; do
    read -r address < "$link/address"
    [ "$address" = "$mac" ] || continue
    nic=\${link##*/}
    forget_ipv6 /proc/sys/net/ipv6/conf/$nic
    while read -r line; do
      case $line in *:*) [ -n "$ipv6" ] || continue ;; esac
      echo "\${line%%NIC*}$nic\${line#*NIC}"
    done < $credentials/lodge.ip-batch | ip -force -batch -
  done
fi
exit 0
`;

/**
 * The root is writable from the kernel's command line on (`rw`): nothing has to come before it. No StateDirectory=
 * here: it would order the unit after systemd-remount-fs, and what waits for sshd must not come before the identity.
 */
export const IDENTITY_UNIT = `[Unit]
Description=Apply the identity given by the host
DefaultDependencies=no
Before=ssh.service systemd-networkd.service network-pre.target shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/lodge/identity

[Install]
WantedBy=sysinit.target
`;

/**
 * Debian's ssh.service, but early: it waits for the identity alone and not for network.target or basic.target. A
 * drop-in cannot take an After= away, so the whole unit stands in /etc.
 */
export const SSH_UNIT = `[Unit]
Description=OpenBSD Secure Shell server
Documentation=man:sshd(8) man:sshd_config(5)
DefaultDependencies=no
Wants=lodge-identity.service
After=lodge-identity.service
Before=shutdown.target
Conflicts=shutdown.target

[Service]
Type=notify
EnvironmentFile=-/etc/default/ssh
ExecStart=/usr/sbin/sshd -D $SSHD_OPTS
ExecReload=/usr/sbin/sshd -t
ExecReload=/bin/kill -HUP $MAINPID
KillMode=process
Restart=on-failure
RestartPreventExitStatus=255
RuntimeDirectory=sshd
RuntimeDirectoryMode=0755
# A login goes before the rest of the boot, and only then.
StartupCPUWeight=10000

[Install]
WantedBy=sysinit.target
Alias=sshd.service
`;

export const SSHD_CONFIG = `# Keys only, and root's by key: no password is ever asked for.
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
HostKey /etc/ssh/ssh_host_ed25519_key
# The second file holds the keys that the host names, for root alone; it is written at every boot.
Match User root
  AuthorizedKeysFile .ssh/authorized_keys /run/lodge-identity/authorized_keys
Match all
`;
