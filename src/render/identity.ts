import type { GuestAddressing, GuestIdentity } from '../model/guest-network.ts';
import { toBase64 } from '../model/user-data.ts';

/** A system credential of systemd (systemd.exec(5), CREDENTIALS): the name under which the guest finds its content. */
export interface Credential {
  name: string;
  content: string;
}

/**
 * What a guest of our own images is told of itself. All but `system.machine_id` are read by the image's identity
 * script, because systemd 252 (Debian 12) knows no credential for host name, network or machine-id.
 */
export function renderCredentials(identity: GuestIdentity): Credential[] {
  const { hostname, uuid, sshKeys, hostKeyPrivate, hostKeyPublic, addressing } = identity;
  return [
    { name: 'system.machine_id', content: uuid.replaceAll('-', '') },
    { name: 'lodge.hostname', content: `${hostname}\n` },
    { name: 'lodge.mac', content: `${addressing.mac}\n` },
    { name: 'lodge.network', content: renderNetworkFile(addressing) },
    { name: 'lodge.ip-batch', content: renderIpBatch(addressing) },
    { name: 'lodge.resolv', content: addressing.dns.map((address) => `nameserver ${address}\n`).join('') },
    { name: 'lodge.authorized_keys', content: lines(sshKeys) },
    { name: 'lodge.ssh_host_ed25519_key', content: lines([hostKeyPrivate]) },
    { name: 'lodge.ssh_host_ed25519_key.pub', content: lines([hostKeyPublic]) },
  ];
}

/**
 * The credentials as text files for QEMU's `-smbios type=11,path=FILE`: one string of SMBIOS type 11 each, in the form
 * of smbios-type-11(7). Base64, because QEMU takes a file as it is, newlines and all.
 */
export function credentialFiles(credentials: Credential[]): { fileName: string; content: string }[] {
  return credentials.map(({ name, content }) => ({
    fileName: name,
    content: `io.systemd.credential.binary:${name}=${toBase64(new TextEncoder().encode(content))}`,
  }));
}

/** systemd.network(5). The gateway of a /32, and fe80::1, are outside the address's own prefix: GatewayOnLink. */
function renderNetworkFile({ mac, ipv4, ipv6, dns }: GuestAddressing): string {
  const families = [ipv4, ipv6].filter((family) => family !== null);
  const sections = [
    section('Match', [`MACAddress=${mac}`]),
    section('Network', [
      'DHCP=no',
      'IPv6AcceptRA=no',
      `LinkLocalAddressing=ipv6`,
      ...families.map((family) => `Address=${family.address}/${family.prefixLength}`),
      ...dns.map((address) => `DNS=${address}`),
    ]),
    ...families.map((family) =>
      section('Route', [`Gateway=${family.gateway}`, ...(family.gatewayOnLink ? ['GatewayOnLink=yes'] : [])]),
    ),
  ];
  return sections.join('\n');
}

/**
 * The same for `ip -batch`, for the moments before networkd runs; NIC stands for the name the guest gave its card.
 * `proto static` is what networkd writes: it finds its own routes in place and leaves them.
 *
 * The order is for images whose script lets the kernel take router advertisements, and for a card that was up already: what DHCP or an
 * advertisement gave goes first, and our address is there before a link that comes up can ask for one. A route needs the link.
 */
function renderIpBatch({ ipv4, ipv6 }: GuestAddressing): string {
  const families = [ipv4, ipv6].filter((family) => family !== null);
  return lines([
    'address flush dev NIC scope global',
    ...families.map((family) => {
      // No duplicate address detection: the host gave the address to this guest alone, and the first second matters.
      const nodad = family === ipv6 ? ' nodad' : '';
      return `address replace ${family.address}/${family.prefixLength} dev NIC${nodad}`;
    }),
    'link set dev NIC up',
    ...families.map((family) => {
      const onLink = family.gatewayOnLink ? ' onlink' : '';
      return `route replace default via ${family.gateway} dev NIC${onLink} proto static`;
    }),
  ]);
}

function section(name: string, settings: string[]): string {
  return lines([`[${name}]`, ...settings]);
}

function lines(texts: string[]): string {
  return texts.map((text) => (text.endsWith('\n') ? text : `${text}\n`)).join('');
}
