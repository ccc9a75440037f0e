import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandPlace, placeOfCommand } from './command-place.ts';

const PLACES: Record<CommandPlace, string[]> = {
  link: [
    'ethtool -K eth0 gro off',
    'ip link set dev eth0 txqueuelen 1000',
    'ip -4 addr flush dev eth0',
    'ifconfig eth0 0.0.0.0 promisc up',
    'ifconfig eth0 mtu 9000',
    'echo 1 > /sys/class/net/eth0/queues/rx-0/rps_cpus',
    'ip link set eth0 up || true',
  ],
  setting: [
    'sysctl -w net.ipv4.conf.eth0.rp_filter=0',
    'echo 0 > /proc/sys/net/ipv4/conf/eth0/send_redirects',
    '[ -e /proc/sys ] && sysctl -q -w net.ipv6.conf.eth0.autoconf=0',
  ],
  addresses: [
    'ip route add 198.18.0.0/15 via 192.0.2.1 dev eth0',
    'route add -net 192.0.2.0/24 gw 192.0.2.1 eth0',
    'ip a a 192.0.2.9/32 dev eth0; sysctl -w net.ipv4.conf.eth0.proxy_arp=1',
    'ifconfig eth0 192.0.2.9 netmask 255.255.255.0',
    'dhclient -6 eth0',
  ],
  filter: [
    'iptables -A INPUT -i eth0 -j ACCEPT',
    'ip6tables-restore < /etc/ip6tables.rules',
    'nft -f /etc/nftables.conf',
  ],
  free: ['modprobe 8021q', 'sleep 1', 'echo nameserver 192.0.2.53 > /etc/resolv.conf', 'true'],
  unknown: [
    '/usr/local/sbin/firewall eth0',
    'systemctl restart fail2ban',
    'if [ -e /etc/x ]; then ip route add 198.18.0.0/15 dev eth0; fi',
    'ip route show | grep -q default',
    'ip -batch /etc/routes',
    'ip route add 198.18.0.0/15 dev eth0 || /root/alarm.sh',
    'ethtool -K eth0 gro off; ip route add 198.18.0.0/15 dev eth0',
    'ip route get 192.0.2.1 > /proc/sys/net/x',
  ],
};

for (const [place, commands] of Object.entries(PLACES)) {
  for (const command of commands) {
    test(`${command}: ${place}`, () => {
      assert.equal(placeOfCommand(command), place);
    });
  }
}
