/** What makes a rented server of Lodge's own guest image. Texts for a shell and for files; nothing here runs. */

/** Hetzner's installimage writes it so (installimage#123): the route command names the link, which a bridge makes wrong. */
export const DELIVERED_INTERFACES = `### Hetzner Online GmbH installimage

source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback
iface lo inet6 loopback

auto eth0
iface eth0 inet static
  address 192.0.2.200
  netmask 255.255.255.192
  gateway 192.0.2.193
  # route 192.0.2.192/26 via 192.0.2.193
  up route add -net 192.0.2.192 netmask 255.255.255.192 gw 192.0.2.193 dev eth0
  # with a bridge the first of these would be run before there is one
  pre-up echo 0 > /proc/sys/net/ipv4/conf/eth0/rp_filter
  up echo 0 > /proc/sys/net/ipv4/conf/eth0/send_redirects

iface eth0 inet6 static
  address 2001:db8:1:2::2
  netmask 64
  gateway fe80::1
`;

/** The same network in the words of systemd-networkd: as Lodge's own image and Debian's cloud images have it. */
const DELIVERED_NETWORK = `[Match]
MACAddress=02:00:00:aa:00:10

[Network]
Address=2001:db8:1:2::2/64
Gateway=fe80::1

[Address]
Address=192.0.2.200/32
Peer=192.0.2.193/32

[Route]
Gateway=192.0.2.193
GatewayOnLink=yes
`;

/** What the owner adds to host.yaml: nothing on the host knows of it. A virtual MAC for a guest on the wire, and a subnet. */
export const EXTRA_IPV4_OF_HOST_YAML = `extraIpv4:
  - kind: single
    address: 198.51.100.20
    gateway: 198.51.100.1
    mac: 00:50:56:00:00:11
  - kind: subnet
    prefix: 203.0.113.0/29
`;

/** A strict reverse path filter: while an address is on two links, packets on the wrong one of them are dropped. */
const DELIVERED_SYSCTLS = `### Hetzner Online GmbH installimage
# sysctl config
net.ipv4.conf.all.rp_filter=1
net.ipv4.icmp_echo_ignore_broadcasts=1
`;

/** Gives the network of a delivered host to systemd-networkd, from the next boot on. */
export const NETWORKD_SCRIPT = `set -e
${file('/etc/systemd/network/10-eth0.network', DELIVERED_NETWORK)}
rm /etc/network/interfaces
systemctl disable -q networking.service
systemctl enable -q systemd-networkd.service`;

/** The twin's two internets stand for the name servers: they answer pings, and a port without a server refuses at once. */
const NAME_SERVERS = ['198.18.4.2', '2001:2:0:6::2'];

/** Debian's own and nothing of Lodge's: what \`lodge net\` needs of the system, and what installimage's Debian has. */
const PACKAGES = [
  'ifupdown',
  'net-tools',
  'bridge-utils',
  'nftables',
  'iproute2',
  'iputils-ping',
  'procps',
  'perl-base',
];

/** A root shell on the second serial port: to look around when the network is gone. */
const CONSOLE_UNIT = `[Unit]
Description=Root shell on ttyS1
DefaultDependencies=no
After=systemd-remount-fs.service

[Service]
ExecStart=-/bin/bash --noprofile --norc
Environment=HOME=/root TERM=dumb PS1= PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
StandardInput=tty
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
TTYReset=yes
Restart=always
RestartSec=0

[Install]
WantedBy=sysinit.target
`;

/**
 * Run once in a chroot of Lodge's image, with the machine's network. Takes away what makes the image start quickly as
 * a guest (its own early sshd, the identity, masked generators, udev that waits), so that everything comes in Debian's own order, with
 * Debian's own \`99-default.link\` (\`MACAddressPolicy=persistent\`).
 */
export function prepareScript({
  publicKey,
  hostKey,
  packages = [],
  kernelWords = '',
}: {
  publicKey: string;
  hostKey: string;
  /** Besides those of every delivered host. */
  packages?: readonly string[];
  /** What the kernel is booted with, besides its usual options. */
  kernelWords?: string;
}): string {
  const options = kernelWords === '' ? '' : `sed -i 's/^ *linux .*/& ${kernelWords}/' /boot/grub/grub.cfg\n`;
  return `set -eu
export DEBIAN_FRONTEND=noninteractive
echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/unsafe-io
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
apt-get -q update
apt-get -qy install --no-install-recommends ${[...PACKAGES, ...packages].join(' ')}
rm /usr/sbin/policy-rc.d
mkdir -p /etc/network/interfaces.d
${file('/etc/network/interfaces', DELIVERED_INTERFACES)}
${file('/etc/resolv.conf', NAME_SERVERS.map((server) => `nameserver ${server}\n`).join(''))}
${file('/etc/sysctl.d/99-hetzner.conf', DELIVERED_SYSCTLS)}
systemctl disable -q systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service lodge-identity.service
systemctl enable -q networking.service
rm -f /etc/systemd/network/90-dhcp.network
cd /etc/systemd/system
rm -f sysinit.target.wants/ssh.service ssh.service sshd.service lodge-identity.service lodge-grow-root.service multi-user.target.wants/lodge-grow-root.service
rm -f */10-lodge.conf ../system.conf.d/10-lodge.conf ../system-generators/*
rmdir --ignore-fail-on-non-empty *.d
systemctl enable -q ssh.service
${file('/etc/systemd/system/console.service', CONSOLE_UNIT)}
systemctl enable -q console.service
systemctl mask -q apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer man-db.timer qemu-guest-agent.service
mkdir -p /var/log/journal /opt/lodge
echo 'LABEL=lodge /opt/lodge ext4 noatime 0 0' >> /etc/fstab
ln -sf /opt/lodge/lodge /usr/local/bin/lodge
echo kvm1 > /etc/hostname
sed -i 's/^127.0.1.1.*/127.0.1.1 kvm1/' /etc/hosts
mkdir -p -m 0700 /root/.ssh
echo '${publicKey}' > /root/.ssh/authorized_keys
rm -f /etc/ssh/ssh_host_*
${file('/etc/ssh/ssh_host_ed25519_key', hostKey)}
chmod 0600 /etc/ssh/ssh_host_ed25519_key
ssh-keygen -y -f /etc/ssh/ssh_host_ed25519_key > /etc/ssh/ssh_host_ed25519_key.pub
${options}apt-get clean
rm -rf /var/lib/apt/lists/*
sync
`;
}

/** Lines for a shell that write a file. The texts here have no line that is the mark. */
export function file(path: string, text: string): string {
  return `cat > ${path} <<'END-OF-FILE'\n${text}END-OF-FILE`;
}
