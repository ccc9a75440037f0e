/**
 * Why Lodge writes nothing for NetworkManager, and what its owner can do. `link` is the uplink; `connection` the id of the connection
 * that has it, where it is known.
 */
export function networkManagerRefusal(link: string, connection: string | null): { reason: string; fix: string } {
  const name = connection === null ? link : `${link} (connection ${connection})`;
  return {
    reason:
      `NetworkManager configures ${name}. It changes links whenever it sees fit: what Lodge does to the running network it may take back, ` +
      'and a profile that Lodge wrote would take effect at a moment nobody chose. So Lodge reads its files and writes none',
    fix:
      `keep the uplink as it is with lodge net plan --layout routed, or give ${link} to systemd-networkd: write a .network file for ` +
      `it, then nmcli device set ${link} managed no and systemctl enable --now systemd-networkd, and lodge net import again`,
  };
}
