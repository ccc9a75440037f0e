/** Where the guest keeps what it was told, to tell a new word of the host from an edit of the guest's owner. */
const SEEN = '/var/lib/lodge-identity';

/**
 * The one script of the image. It is plain sh with few processes, because it stands before sshd in every boot.
 * A value is applied when the host's word differs from the host's last word: what the owner of the guest edits in
 * between stays. Without credentials (an image booted by hand) only a host key is made.
 */
export const IDENTITY_SCRIPT = `#!/bin/sh
# Applies the identity that the host gave as system credentials (systemd.exec(5)): see lodge-identity.service.
credentials=/run/credentials/@system
seen=${SEEN}
umask 022
[ -d $seen ] || mkdir -m 0700 -p $seen

# fresh NAME: the credential is there and is not what it was at the last boot
fresh() {
  [ -f "$credentials/$1" ] || return 1
  new=$(cat "$credentials/$1")
  old=
  [ -f "$seen/$1" ] && old=$(cat "$seen/$1")
  [ "$new" != "$old" ]
}

# put NAME FILE MODE: the credential's text becomes the file, whole or not at all
put() {
  (umask 077 && cat "$credentials/$1" > "$2.lodge") && chmod "$3" "$2.lodge" && mv "$2.lodge" "$2"
}

remember() {
  (umask 077 && cat "$credentials/$1" > "$seen/$1.new") && mv "$seen/$1.new" "$seen/$1"
}

if fresh lodge.hostname; then
  put lodge.hostname /etc/hostname 0644
  sed -i "s/^127\\.0\\.1\\.1[[:space:]].*/127.0.1.1 $new/" /etc/hosts
  remember lodge.hostname
fi
[ -f /etc/hostname ] && read -r name < /etc/hostname && echo "$name" > /proc/sys/kernel/hostname

if fresh lodge.resolv; then
  [ -L /etc/resolv.conf ] || put lodge.resolv /etc/resolv.conf 0644
  remember lodge.resolv
fi

if fresh lodge.ssh_host_ed25519_key.pub; then
  put lodge.ssh_host_ed25519_key /etc/ssh/ssh_host_ed25519_key 0600 &&
  put lodge.ssh_host_ed25519_key.pub /etc/ssh/ssh_host_ed25519_key.pub 0644 &&
  remember lodge.ssh_host_ed25519_key.pub
fi
[ -f /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key

# Keys of the host's owner live for one boot: taken from the guest at the host, they are gone at the next.
mkdir -p /run/lodge-identity
[ -f $credentials/lodge.authorized_keys ] && put lodge.authorized_keys /run/lodge-identity/authorized_keys 0644

# networkd gets its file for good; the addresses are set at once as well, so that sshd need not wait for it.
if [ -f $credentials/lodge.network ]; then
  mkdir -p /run/systemd/network
  put lodge.network /run/systemd/network/10-lodge.network 0644
  read -r mac < $credentials/lodge.mac
  for link in /sys/class/net/*; do
    read -r address < "$link/address"
    [ "$address" = "$mac" ] || continue
    sed "s/NIC/\${link##*/}/" $credentials/lodge.ip-batch | ip -force -batch - || true
  done
fi
exit 0
`;

export const IDENTITY_UNIT = `[Unit]
Description=Apply the identity given by the host
DefaultDependencies=no
After=systemd-remount-fs.service
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
