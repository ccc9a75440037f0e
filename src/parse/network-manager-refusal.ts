/**
 * Why Lodge writes nothing for NetworkManager, and what the owner can do. `link` is the uplink. Both are clauses, without a full
 * stop.
 */
export function networkManagerRefusal(link: string): { reason: string; fix: string } {
  return {
    reason:
      `NetworkManager configures ${link} and sets it right again whenever it sees fit: it would take back what Lodge changes, at a ` +
      'moment nobody chose. So Lodge reads its files and writes none',
    fix:
      `use --layout routed, which leaves ${link} as it is; or, with the provider's console at hand, give ${link} to systemd-networkd: ` +
      `a .network file that says the same, unmanaged-devices=interface-name:${link} in a file of /etc/NetworkManager/conf.d, ` +
      'systemctl enable systemd-networkd, a reboot',
  };
}
